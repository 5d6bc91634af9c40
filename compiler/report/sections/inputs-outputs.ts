/** The network's inputs and outputs: in the file, and in memory. */

import { render, type View } from '../../assets/template.js';
import { groupDigits } from '../../util/format.js';
import type { IoDocument } from '../plan-document.js';
import type { Section } from './section.js';

export const inputsOutputsSection: Section = ({ plan: { model, memory } }) =>
  render('report/inputs-outputs.html', {
    ios: [
      ...model.inputs.map((io, i) =>
        i === 0 && memory.input === 'streamed' ? pushedView(io, memory.callerRowBytes) : ioView('input', io),
      ),
      ...model.outputs.map((io) => ioView('output', io)),
    ],
  });

/** An input that is pushed row by row: what stands in the arena is a ring of its rows. */
function pushedView(io: IoDocument, rowBytes: number): View {
  return {
    ...ioView('input', io),
    where: `rows in the arena, from byte ${groupDigits(io.offsetBytes ?? 0)}`,
    survives: `pushed in rows of ${groupDigits(rowBytes)} bytes`,
  };
}

function ioView(role: string, io: IoDocument): View {
  return {
    role,
    name: io.name,
    onnx: `${io.onnxDType}[${io.onnxShape.join(', ')}]`,
    memory: `${io.dtype} ${io.shape.join(' × ')}`,
    scale: io.scale === null ? '' : `${Number(io.scale.toPrecision(7))}, zero point ${io.zeroPoint}`,
    where: io.offsetBytes === null ? 'flash' : `arena, from byte ${groupDigits(io.offsetBytes)}`,
    survives: role === 'output' ? '' : io.survives ? 'left as it is by run' : 'overwritten by run',
  };
}
