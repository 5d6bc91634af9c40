/** Files that are given in the place of an ONNX model, told by their first bytes. */

export interface OtherFormat {
  /** `a TensorFlow Lite model`. */
  readonly what: string;
  /** How to come from it to an ONNX model. */
  readonly hint: string;
}

interface Signature extends OtherFormat {
  readonly at: number;
  /** Bytes as latin-1 text. */
  readonly starts: string;
}

const torch = "export it with torch.onnx.export(model, example, 'model.onnx')";
const signatures: readonly Signature[] = [
  {
    at: 4,
    starts: 'TFL3',
    what: 'a TensorFlow Lite model',
    hint: 'python -m tf2onnx.convert --tflite model.tflite --opset 13 --output model.onnx makes an ONNX model of it',
  },
  { at: 4, starts: 'ORTM', what: 'an ONNX Runtime .ort model', hint: 'give the .onnx file that it was made from' },
  {
    at: 0,
    starts: '\x89HDF',
    what: 'an HDF5 file, as Keras writes them',
    hint: 'export the model: tf2onnx converts Keras models and SavedModels',
  },
  {
    at: 0,
    starts: 'PK\x03\x04',
    what: 'a ZIP archive, as PyTorch and Keras write them',
    hint: `unpack it, or, where it is a PyTorch model, ${torch}`,
  },
  { at: 0, starts: '\x80\x02', what: 'a Python pickle, as PyTorch wrote them', hint: torch },
  { at: 0, starts: '\x93NUMPY', what: 'a NumPy array', hint: 'inputs belong behind --inputs, --expect or --dataset' },
  { at: 0, starts: '\x89PNG', what: 'a PNG image', hint: 'inputs belong behind --inputs or --dataset' },
  { at: 0, starts: '\xff\xd8\xff', what: 'a JPEG image', hint: 'inputs belong behind --inputs or --dataset' },
  { at: 0, starts: 'GGUF', what: 'a GGUF file of a language model', hint: 'rivulet compiles CNNs' },
  { at: 0, starts: '\x1f\x8b', what: 'a gzip archive', hint: 'unpack it first' },
  {
    at: 0,
    starts: 'version https://git-lfs',
    what: 'a pointer of Git LFS and not the model itself',
    hint: 'git lfs pull fetches it',
  },
];

/** The format of a file that is no ONNX model; null where its bytes do not tell. */
export function otherFormat(bytes: Uint8Array): OtherFormat | null {
  const head = Array.from(bytes.subarray(0, 256), (b) => String.fromCharCode(b)).join('');
  const known = signatures.find(({ at, starts }) => head.startsWith(starts, at));
  if (known !== undefined) return known;
  if (/^\s*<(!doctype|html|\?xml)/i.test(head))
    return { what: 'a web page', hint: 'download the file itself: on GitHub its "raw" form' };
  return /^[\t\n\r\x20-\x7e]+$/.test(head)
    ? { what: 'a text file', hint: 'an ONNX model is a binary file; protobuf text and JSON forms are not read' }
    : null;
}
