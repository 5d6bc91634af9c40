/** Every command with its flags: what the parser, the messages, rivulet.config.json and the completions go by. */

import type { Options } from 'yargs';
import { packageKinds } from '../pipeline/request.js';
import { overlays } from '../report/overlays/overlays.js';
import { planFlags } from './arguments.js';
import { calibrationFlags } from './calibration.js';
import { gateFlags } from './gates.js';
import { shells } from './completion/shells.js';

type Flags = Readonly<Record<string, Options>>;

const validateFlags = {
  on: {
    type: 'string',
    choices: ['host', 'qemu'],
    describe: 'where to run: this machine, or the emulated board (default)',
  },
  inputs: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: '.npy, .npz, .png, .jpg or raw files, or a folder of them; NAME=FILE for several inputs',
  },
  expect: { type: 'string', array: true, nargs: 1, describe: 'outputs that the inputs should give' },
  tolerance: { type: 'string', describe: 'steps that an output may be away from --expect (default 0)' },
  dataset: {
    type: 'string',
    describe: 'labelled inputs, as a folder for each class or labels.csv: accuracy on the target',
  },
  count: { type: 'string', describe: "number of random inputs (default 10), or of a dataset's" },
  seed: { type: 'string', describe: 'of the random inputs (default 1)' },
} as const satisfies Flags;

const searchFlags = {
  'evaluate-command': {
    type: 'string',
    describe:
      'scores a network: python eval.py {onnx}; {moves} is a JSON file of its moves; the last line is a number, larger for better',
  },
  'evaluate-timeout': { type: 'string', describe: 'seconds that the command may take (default 3600)' },
  budget: { type: 'string', describe: 'plans to make: networks times schedules (default 300)' },
  fits: { type: 'string', describe: 'networks to fit weights of and to score (default an eighth of the budget)' },
  points: { type: 'string', describe: 'networks of the front to write (default 6)' },
  'keep-macs': {
    type: 'string',
    describe: "MACs stay within this share of the original's, 0.01: for networks that are trained further",
  },
  moves: { type: 'string', array: true, nargs: 1, describe: 'KIND,... of moves that may be made (default all)' },
  resume: { type: 'boolean', describe: 'go on with the search in the folder' },
} as const satisfies Flags;

const pareto = { type: 'boolean', describe: 'the front of SRAM against work, in the report too' } as const;
const out = (describe: string, standard?: string) =>
  ({ type: 'string', alias: 'o', ...(standard === undefined ? {} : { default: standard }), describe }) as const;
const layout = {
  type: 'string',
  choices: packageKinds,
  describe: 'lay the folder out for an ecosystem, with its manifest, examples and a README of the steps to a build',
} as const;
const json = planFlags.json;
const { quantise: _, ...calibrationFlagsOfSearch } = calibrationFlags;
/** Of the flags of a plan those that hold for every network that a search plans. */
const sharedPlanFlags = {
  board: planFlags.board,
  core: planFlags.core,
  sram: planFlags.sram,
  flash: planFlags.flash,
  'max-slowdown': planFlags['max-slowdown'],
  'max-overhead': planFlags['max-overhead'],
  schedule: {
    type: 'string',
    describe: 'auto (default), layer, stream, patch:RxC (where it ends is sought too) or patch:RxC@NODE',
  },
  input: planFlags.input,
  'input-shape': planFlags['input-shape'],
  outputs: planFlags.outputs,
} as const satisfies Flags;

const config = {
  type: 'string',
  describe: 'file of options that are given every time (default rivulet.config.json, where it stands in this folder)',
} as const;

/** In the order in which the help lists them. */
export const verbs = {
  analyze: {
    ...planFlags,
    ...calibrationFlags,
    ...gateFlags,
    pareto,
    out: out('report to write: report.html'),
    config,
  },
  compile: {
    ...planFlags,
    ...calibrationFlags,
    ...gateFlags,
    pareto,
    out: out('folder to write', 'out'),
    package: layout,
    config,
  },
  validate: { ...planFlags, ...validateFlags, ...calibrationFlags, config },
  quantise: {
    ...calibrationFlags,
    'input-shape': planFlags['input-shape'],
    outputs: planFlags.outputs,
    'float-tail': planFlags['float-tail'],
    out: out('file to write', 'model.int8.onnx'),
    json,
    config,
  },
  search: {
    ...sharedPlanFlags,
    ...calibrationFlagsOfSearch,
    ...searchFlags,
    seed: { type: 'string', describe: 'of the search (default 1)' },
    out: out('folder to write', 'search'),
    json,
    config,
  },
  report: {
    against: { type: 'string', describe: 'another plan.json to lay beside it: what grew, and by how much' },
    overlay: {
      type: 'string',
      choices: Object.keys(overlays),
      describe: 'write the plan for another viewer instead: node data for Model Explorer, counters for Perfetto',
    },
    markdown: {
      type: 'boolean',
      describe: 'write a few lines of Markdown instead, as for a comment on a pull request',
    },
    out: out('file to write (default report.html, report.md, or the name of the overlay)'),
  },
  boards: { json },
  ops: { json },
  completion: {},
} as const satisfies Readonly<Record<string, Flags>>;

export type Verb = keyof typeof verbs;
export const verbNames = Object.keys(verbs) as readonly Verb[];
export const flagsOf = (verb: Verb): Flags => verbs[verb];

/** As the help and the completions say it. */
export const verbWords: Readonly<Record<Verb, string>> = {
  analyze: 'operators, MACs, memory plan: does it fit?',
  compile: 'write a folder of C',
  validate: 'build, run on the host or an emulated board, compare byte by byte',
  quantise: 'make a float model int8: QDQ ONNX, and what it costs',
  search: 'change a float network and its schedule together: networks near it that take less',
  report: 'draw a plan.json as a page, beside another one or for another viewer',
  boards: 'boards that come along, or one with its sources',
  ops: 'supported operators',
  completion: "completion of commands, flags and their values for a shell's Tab key",
};

/** What stands behind a command without a flag, where that is a choice among few. */
export const positionalChoices: Partial<Readonly<Record<Verb, readonly string[]>>> = { completion: shells };
