/** Example programs of a package: one inference on a pattern, and where the input is an image one with a camera. */

import { render } from '../../assets/template.js';
import { executionOf } from '../../memory/execution.js';
import { inputViews } from '../io.js';
import type { Parts } from './parts.js';

/** How a program begins there: `main`, `app_main`, or setup and loop. */
export type Entry = 'main' | 'app_main' | 'arduino';

export interface Example {
  /** Within the package's names: `<net>_once`, `<net>_camera`. */
  readonly name: string;
  readonly about: string;
  readonly text: string;
}

/** `include` is what stands behind #include. */
export function examples({ source, view }: Parts, entry: Entry, include: string): readonly Example[] {
  const { net, program } = source;
  const [input, ...others] = inputViews(net, program.graph, program.plan);
  const isStreamed = executionOf(program.plan).pushed !== null;
  const common = {
    ...view,
    include,
    stream: isStreamed,
    isArduino: entry === 'arduino',
    isMain: entry === 'main',
    isAppMain: entry === 'app_main',
  };
  const once = {
    name: `${net}_once`,
    about: 'runs the network once on a made-up input and prints what comes out',
  };
  const list = [{ ...once, text: render('packages/app.c', { ...common, ...once, camera: null }) }];
  if (others.length === 0 && input?.['hasPixelTable'] === true) {
    const camera = {
      name: `${net}_camera`,
      about: isStreamed
        ? 'takes the rows of a camera as DMA brings them, one line while the other is used, and never holds an image'
        : 'takes frames that DMA brings, one frame while the other is used',
    };
    const ones = Array.from({ length: Number(input['c']) }, () => '1.0f').join(', ');
    const zeros = Array.from({ length: Number(input['c']) }, () => '0.0f').join(', ');
    list.push({
      ...camera,
      text: render('packages/app.c', { ...common, ...camera, camera: { ...input, isStreamed, ones, zeros } }),
    });
  }
  return list;
}
