import { it } from 'vitest';
import { emitPackage } from '../../compiler/codegen/package.js';
import { planDocument } from '../../compiler/report/model.js';
import { reportText } from '../../compiler/report/text.js';
import { fixtureFacts } from '../unit/codegen/fixture.js';
import { expectGolden } from './golden.js';

it.each(['tiny.h', 'tiny.c', 'CMakeLists.txt', 'example/main.c'])('emits %s as before', (path) => {
  expectGolden(`emitted/${path}.txt`, emitPackage(fixtureFacts()).get(path)!);
});

it('reports as before', () => {
  expectGolden('report.txt', reportText(planDocument(fixtureFacts())));
});
