/**
 * The C that `compile` writes, as a map from path to text: the network's own, the runtime files it needs, build files
 * and an example. A function of its arguments alone: no dates, no paths of this machine.
 */

import { readAsset } from '../assets/assets.js';
import { render, type View } from '../assets/template.js';
import { executionOf } from '../memory/execution.js';
import { opLabel } from '../ir/op-label.js';
import type { Program } from '../program/program.js';
import type { PackageSource } from './package-source.js';
import { isaOf, widestIsa } from '../machine/isa.js';
import { emitConstants } from './constants.js';
import { fusedCode } from './fused.js';
import { headerFacts, licenseLines, licenseText, usageLines } from './header-comment.js';
import { constantOutputDefinitions, constantOutputViews, inputViews, outputViews } from './io.js';
import { commentText, macroName } from './names.js';
import { runLines } from './run.js';
import { runtimeSymbols, runtimeNamesHeader } from './runtime-names.js';
import { baseName, runtimeFiles } from './runtime-files.js';
import { stepView } from './steps.js';
import { hasRowLoop, streamView } from './stream.js';

const streamHeader = 'include/rv_stream.h';
/** By way of <net>_weights.h. */
const alwaysIncluded: ReadonlySet<string> = new Set(['rv_types.h', 'rv_kernels.h']);

/** Files by path within the folder. */
export function emitPackage(source: PackageSource): ReadonlyMap<string, string> {
  const { net, program } = source;
  const { plan, kernels } = program;
  const summed = plan.fused
    .flatMap((region) => region.units)
    .filter((unit) => unit.sumsOffsetBytes !== null)
    .map((unit) => program.machine.kernelById(unit.unit.kernels[0]).rowSums!);
  const runtime = runtimeFiles([
    ...kernels.flatMap((kernel) => kernel.files),
    ...(plan.fused.length > 0 ? [streamHeader] : []),
    ...summed.flatMap((sums) => sums.files),
  ]);
  const names = runtimeNamesHeader(net, runtimeSymbols(runtime));
  const view = { ...commonView(source), ...codeView(source) };
  const sources = [
    `${net}.c`,
    `${net}_weights.c`,
    ...[...runtime.keys()].filter((name) => name.endsWith('.c')).map((name) => `runtime/${name}`),
  ];
  const files: [string, string][] = [
    [`${net}.h`, render('model.h', view)],
    [`${net}.c`, render('model.c', view)],
    [`${net}_weights.h`, render('weights.h', view)],
    [`${net}_weights.c`, render('weights.c', view)],
    ...[...runtime].map(([name, text]): [string, string] => [`runtime/${name}`, name === 'rv_names.h' ? names : text]),
    ['CMakeLists.txt', render('CMakeLists.txt', { net, macro: macroName(net), sources })],
    ['sources.txt', `${sources.join('\n')}\n`],
    ['example/main.c', render('main.c', view)],
    ['example/profile.c', render('profile.c', { ...view, steps: profileSteps(program) })],
    ['LICENSE', licenseText(source.model.name, readAsset('LICENSE'))],
  ];
  return new Map(files);
}

/** Words for strings of C. */
const profileSteps = ({ graph, plan }: Program): readonly View[] =>
  plan.steps.map(({ node }) => ({
    op: cString(opLabel(graph.nodes[node], graph)),
    name: cString(graph.nodes[node].name),
  }));
const cString = (text: string): string => commentText(text).replace(/"/g, "'");

/** Fields of every template of C. */
export function commonView(source: PackageSource): View {
  const { net, model, program } = source;
  const { graph, machine, plan, kernels, footprint } = program;
  const kernelIsas = kernels.map((kernel) => kernel.isa);
  return {
    net,
    macro: macroName(net),
    toolVersion: source.toolVersion,
    core: machine.core.id,
    model: { name: commentText(model.name) },
    arenaBytes: Math.max(plan.arenaBytes, 1),
    arenaAlign: plan.arenaAlignBytes,
    wideAlign: plan.arenaAlignBytes > 8,
    hasEpilogues: kernels.some((kernel) => kernel.takesEpilogue === true),
    hasFloatTail: kernels.some((kernel) => kernel.files.includes('include/rv_kernels_float.h')),
    readsWordsAnywhere: kernelIsas.some((isa) => isaOf(isa).readsWordsAnywhere),
    alignType: plan.arenaAlignBytes > 4 ? 'int64_t' : 'int32_t',
    stackBytes: footprint.stackBytes,
    weightBytes: footprint.weightBytes,
    isaMacro: widestIsa(kernelIsas).macro,
    usage: usageLines(source),
    facts: headerFacts(source),
    license: licenseLines,
    inputs: inputViews(net, graph, plan),
    outputs: outputViews(net, graph, plan),
    constantOutputs: constantOutputViews(net, model.constantOutputs ?? []),
  };
}

function codeView({ net, model, program }: PackageSource): View {
  const { graph, plan, kernels } = program;
  const constants = emitConstants(net, program);
  // Prototypes only: other headers belong to the kernels' own files.
  const headers = kernels.flatMap((kernel) => kernel.files.filter((file) => /^include\/rv_kernels.*\.h$/.test(file)));
  if (plan.fused.length > 0) headers.push(streamHeader);
  const fused = plan.fused.map((region) => fusedCode(net, graph, plan, region));
  const names = new Map(plan.fused.map((region, i) => [region.region, fused[i].name]));
  const { start, pushed, finish } = executionOf(plan);
  const run = runLines(net, graph, plan, finish, names);
  return {
    headers: [...new Set(headers.map(baseName))].filter((name) => !alwaysIncluded.has(name)).sort(),
    usesString: plan.fused.length > 0,
    steps: plan.steps.map((step, i) => ({
      ...stepView(net, graph, plan, step, constants.structs[i].name, program.machine.kernelById(step.kernel).rowSums),
      params: constants.structs[i].definition,
    })),
    fused: fused.flatMap((code) => code.definitions),
    unitsWalkTiles: plan.fused.some((region) => region.units.some((unit) => unit.unit.nodes.length > 1)),
    stream:
      pushed === null
        ? null
        : streamView(graph, pushed, names.get(pushed.region)!, runLines(net, graph, plan, start, names)),
    run,
    rowLoops: hasRowLoop(run),
    declarations: constants.declarations,
    definitions: [...constants.definitions, ...constantOutputDefinitions(net, model.constantOutputs ?? [])],
  };
}
