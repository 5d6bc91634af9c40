/**
 * Every diagnostic that rivulet can give: what its code means and what to do. Messages and hints at the places that
 * raise them name the values at hand; docs/diagnostics.md is generated from here.
 *
 * Ranges: E0xx the compiler itself, E1xx files, options and data, E2xx operators, E3xx shapes, E4xx quantisation,
 * E5xx does not fit, E6xx tools, E7xx outputs or memory differ from the plan; W... warnings, and notes, numbered alike.
 */

export interface CatalogueEntry {
  readonly severity: 'error' | 'warning' | 'note';
  /** What it says, in general. */
  readonly meaning: string;
  /** What the user can do about it. */
  readonly remedy: string;
}

const error = (meaning: string, remedy: string): CatalogueEntry => ({ severity: 'error', meaning, remedy });
const note = (meaning: string, remedy: string): CatalogueEntry => ({ severity: 'note', meaning, remedy });
const warning = (meaning: string, remedy: string): CatalogueEntry => ({ severity: 'warning', meaning, remedy });

export const catalogue = {
  E000: error('The compiler itself failed.', 'Please report it, with the model if you can share it.'),

  E100: error('The model file cannot be read.', 'Check the path and the rights of the file.'),
  E101: error('The file is not an ONNX model that can be decoded.', 'Export it again; a copy may be cut short.'),
  E102: error('The model does not say which operator set it uses.', 'Export it again with an `opset_import`.'),
  E103: error(
    'Names or references of the graph contradict one another: a tensor is defined twice, or read and never defined.',
    'Run `onnx.checker.check_model` on the file and mend the exporter.',
  ),
  E104: error('The nodes of the graph form a cycle.', 'Export the model again; control flow is not supported.'),
  E105: error(
    'Tensor data that stands in a file beside the model cannot be read.',
    'Keep the data file where the model names it, or save the model in one file.',
  ),
  E106: error('A tensor in the file cannot be used: its type, its size or its values.', 'Check how it was exported.'),
  E107: error('An attribute of a node is missing or of another kind.', 'Export the model again.'),
  E110: error('A value on the command line is not understood.', 'The message says what the flag takes.'),
  E111: error('Flags contradict one another, or one lacks its companion.', 'The message says which.'),
  E112: error('The command line is not understood.', '`rivulet --help` and `rivulet VERB --help` list what there is.'),
  E113: error('A function of the library was called without a model.', 'Give it `{ bytes }` of an ONNX file.'),
  E114: error('Options of a library call are wrong.', 'The message names each option and what it takes.'),
  E115: error(
    'rivulet.config.json holds something that no flag means.',
    'The message names it; values are as on the command line.',
  ),
  E120: error('The name of the network is no C identifier.', 'Give another one with --name.'),
  E130: error('The output folder cannot be used as it is.', 'Name another folder with --out.'),
  E131: error('A file or standard output cannot be written.', 'Check the rights and the free space.'),
  E132: error('The folder for temporary files cannot be used.', 'TMPDIR names another one.'),
  E140: error('A board file does not say what it must.', 'boards/board.schema.json describes the file.'),
  E141: error('No board has this name.', '`rivulet boards` lists them; a path to a board.json works too.'),
  E142: error('A board file cannot be read.', 'Check the path; the file is JSON.'),
  E150: error('A .npy file cannot be read.', 'Write it with numpy.save, without pickled objects.'),
  E151: error('Input data cannot be read.', 'Check the path, and that the folder holds .npy, .bin or .raw files.'),
  E152: error('Input data do not have the shape or the values that the model takes.', 'The message gives both shapes.'),
  E153: error('The network has several inputs or outputs, and not all of them were given.', 'Give NAME=FILE for each.'),
  E154: error('A labelled data set cannot be read.', 'The message says what the folder must hold.'),
  E155: error('There are not as many expected outputs as inputs.', 'Give one for each input, in the same order.'),
  E156: error('There is more input data than one validation takes.', 'Validate in several runs.'),
  E157: error('An image cannot be read.', 'Give a PNG or a JPEG; a copy may be cut short.'),
  E158: error(
    'An image does not become what the model takes.',
    'Say --resize, --crop or --layout so that its size and channels come out right.',
  ),
  E159: error('Calibration inputs do not suit the model.', 'The message says which input, and how it differs.'),
  E160: error('The schedule that was asked for is not understood.', 'Write auto, layer, stream or patch:RxC@NODE.'),
  E161: error('The schedule names a node that the network does not have.', '`rivulet analyze` lists the nodes.'),
  E162: error('A plan.json cannot be replayed for this model.', 'Give a plan.json that was made from the same file.'),
  E163: error(
    'The network does not allow the schedule that was asked for.',
    'The message says which node stands in the way.',
  ),
  E164: error('A replayed schedule does not run this network on this core.', 'Plan again without --schedule.'),

  E170: error('A plan.json cannot be drawn: it lacks something, or was edited.', 'Give one that rivulet wrote.'),
  E180: error('A move cannot be made on this network.', 'The message says why; other moves may be legal.'),
  E181: error('There are too few inputs to search with.', 'Weights are fitted to some and scored on others.'),
  E182: error(
    'A search finds nothing that it may change.',
    'Allow more kinds of moves; docs/redistribution.md lists them.',
  ),
  E183: error('A search finds no network that fits.', 'The message names the nearest, and by how much it misses.'),
  E184: error(
    'The command that scores networks failed, took too long, or printed no number.',
    'Its last line is to be a number, larger for better; what was found is kept, and --resume goes on.',
  ),
  E185: error('The state of a search cannot be used.', 'Give the flags of that search, or another folder.'),

  E201: error('An operator is not supported.', '`rivulet ops` lists what is.'),
  E202: error('An operator belongs to an operator set that is not supported.', 'Inline model-local functions first.'),
  E203: error('The version of an operator set is not supported.', 'Export the model with another opset.'),
  E204: error('An operator is used in a form that is not supported.', 'The message says which form is.'),
  E205: error('Control flow and subgraphs are not supported.', 'Export the model with fixed control flow.'),
  E206: error('The network has more operators than are read.', 'Compile it in parts.'),

  E301: error('Dimensions of an input are not known.', 'Give them with --input-shape NAME=1,3,H,W.'),
  E302: error(
    'The model has a batch larger than 1 where one inference at a time is computed.',
    'Export it with a batch of 1.',
  ),
  E303: error('Shapes do not agree.', 'Export the model again, with a batch of 1.'),
  E304: error(
    'A tensor, or the whole model, is larger than a microcontroller could ever hold.',
    'Lower the resolution.',
  ),
  E305: error('--input-shape names an input that the model does not have.', 'The message lists the inputs.'),

  E306: error(
    '--outputs names a tensor that the model does not have, or one that does not depend on an input.',
    'The message lists the nearest names.',
  ),
  E401: error('Something is in floating point.', 'Quantise the whole network first.'),
  E402: error('A scale or zero point has a value that quantisation does not allow.', 'Quantise the model again.'),
  E403: error(
    'A form of quantisation is not supported.',
    'Quantise activations per tensor, weights per tensor or per channel.',
  ),
  E404: error(
    'A constant of a layer cannot be used in integer arithmetic.',
    'Check the values that the message names.',
  ),
  E405: error('An accumulator or a bias of a layer does not fit 32 bits.', 'Check the scales of the layer.'),
  E406: error('There is nothing to quantise: the model is quantised already.', 'Compile it as it is.'),

  E500: error('The network needs more SRAM than there is.', 'The hint names what would fit.'),
  E501: error('Constants and code need more flash than there is.', 'A smaller network, or a larger board.'),
  E502: error('The plan has a higher peak SRAM than --max-sram allows.', 'The hint names what would plan within it.'),
  E503: error('Constants and code take more flash than --max-flash allows.', 'A smaller network, or a higher gate.'),

  E600: error('A tool is missing that the request needs.', 'The message says how to install it.'),
  E601: error('This Node.js is too old.', 'Install the version that the message names, or a later one.'),
  E610: error('No emulated machine is large enough to stand for the board.', 'Validate on the host: --on host.'),
  E620: error('The generated package does not build.', 'The compiler’s own words follow; please report it.'),
  E630: error(
    'The program under QEMU did not end as it should.',
    'Please report it, with the model if you can share it.',
  ),

  E700: error('Outputs differ from the reference, or from the expected ones.', 'Please report the former.'),
  E701: error('The network wrote outside its arena.', 'Please report it.'),
  E702: error('The arena that was touched is not the arena that was planned.', 'Please report it.'),
  E703: error('The stack took more than its bound.', 'Build at -O2 or -O3, or give the stack more room.'),

  W101: warning('An input is read by nothing that an output depends on.', 'Nothing: it is left out.'),
  W102: warning('The file is of a newer IR version than is known.', 'Nothing, where the operators are known.'),
  W103: warning('The file makes several inferences in one run.', 'Export it with a batch of 1 for one at a time.'),
  W131: note(
    'Files of an earlier run that somebody changed were left in the output folder.',
    'Delete them if they are not wanted.',
  ),
  W186: note('A point of a search comes without a script to train it.', 'Train its net.onnx with another tool.'),
  W401: warning('An output is not quantised in the file; its quantisation was assumed.', 'Quantise the output.'),
  W403: warning('Scales differ within an output channel; its weights are kept as int16.', 'Quantise per channel.'),
  W404: warning('A bias is not a multiple of input scale x weight scale and was rounded.', 'Store biases as int32.'),
  W410: warning('There are few calibration inputs.', 'Give at least 16, better a hundred.'),
  W411: warning('All calibration inputs are the same.', 'Give inputs that differ, as the network will see them.'),
  W412: warning(
    'Calibration inputs are of another scale than the first layer seems to be trained on.',
    'Scale them as in training: --scale, --mean, --std.',
  ),
  W413: warning('A channel has one value in all calibration inputs.', 'Check colours, layout and scale.'),
  W414: warning(
    'A layer causes much of an error that int8 makes large.',
    'More typical calibration inputs, a bounded activation, or training with quantisation may help.',
  ),
  W704: note('Executed instructions were not counted.', 'Install a host C compiler and a QEMU with plugins.'),
  W705: warning('Inputs are hardly scaled as in training.', 'Check --mean, --std and --scale.'),
} as const satisfies Readonly<Record<string, CatalogueEntry>>;

export type DiagnosticCode = keyof typeof catalogue;

/** docs/diagnostics.md, as text. */
export function diagnosticsPage(): string {
  const rows = Object.entries(catalogue).map(
    ([code, { severity, meaning, remedy }]) => `| \`${code}\` | ${severity} | ${meaning} | ${remedy} |`,
  );
  return [
    '# Diagnostics',
    '',
    'Every problem has a code. A run reports all problems that it can find, each with the node or file that it concerns.',
    'The exit code of the command line is 1 for an internal error, 2 for wrong usage or an unreadable file, 3 for an',
    'unsupported model, 4 where the network does not fit, 5 where outputs or memory differ from the plan, and 6 where a',
    'tool is missing.',
    '',
    'This page is generated from `compiler/diagnostics/catalogue.ts`.',
    '',
    '| code | severity | what it means | what to do |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
