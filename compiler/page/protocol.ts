/** What the page and its worker say to each other. */

import type { PlanArguments } from '../cli/arguments.js';
import type { DataArguments } from '../cli/data-flags.js';
import type { Diagnostic } from '../diagnostics.js';
import type { PackageKind } from '../pipeline/request.js';
import type { PlanDocument } from '../report/plan-document.js';
import type { QuantiseDocument } from '../report/quantise-document.js';

/** The model file and what lies beside it. */
export interface ModelFiles {
  readonly kind: 'files';
  readonly files: readonly File[];
}

/** A float model after calibration: QDQ ONNX, and what that cost. */
export interface QuantisedModel {
  readonly kind: 'quantised';
  /** Tells it from every other: what it was made from. */
  readonly key: string;
  readonly name: string;
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly quantisation: QuantiseDocument;
}

/** `demo`: the network of the demonstration. */
export type Model = { readonly kind: 'demo' } | ModelFiles | QuantisedModel;

/** Typical inputs of a float model, and what their pixels stand for: the flags of `--calibrate`. */
export interface Calibration {
  readonly files: readonly File[];
  readonly images: DataArguments;
}

export interface BoardFacts {
  readonly id: string;
  readonly name: string;
  readonly core: string;
  readonly sramBytes: number;
  readonly flashBytes: number;
}

export interface About {
  readonly version: string;
  /** Most SRAM first. */
  readonly boards: readonly BoardFacts[];
  readonly cores: readonly string[];
  readonly packageKinds: readonly PackageKind[];
}

export interface Planned {
  readonly plan: PlanDocument;
  /** The report's figures and views as HTML. */
  readonly figures: string;
  readonly views: string;
  /** `rivulet compile` writes nothing for a network that does not fit, and neither does the page. */
  readonly fits: boolean;
}

export interface Download {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A network on a board, for the table of all boards. */
export interface BoardVerdict {
  readonly id: string;
  readonly fits: boolean;
  readonly peakSramBytes: number;
  readonly flashBytes: number;
  readonly instructions: number;
  readonly schedule: string;
  readonly diagnostics: readonly Diagnostic[];
}

export type DownloadKind = 'package' | 'plan' | 'report';

/** Calls of the worker by name: arguments and result. */
export interface Calls {
  about: { readonly args: readonly []; readonly result: About };
  plan: { readonly args: readonly [Model, PlanArguments]; readonly result: Planned };
  quantise: { readonly args: readonly [ModelFiles, Calibration, PlanArguments]; readonly result: QuantisedModel };
  /** The plan without a limit on SRAM, with the front of all others. */
  front: { readonly args: readonly [Model, PlanArguments]; readonly result: PlanDocument };
  board: { readonly args: readonly [Model, PlanArguments, string]; readonly result: BoardVerdict };
  /** Of the package also the ecosystem that it is laid out for; null for none. */
  download: {
    readonly args: readonly [Model, PlanArguments, DownloadKind, PackageKind | null];
    readonly result: Download;
  };
}

export type CallName = keyof Calls;

export interface Call<N extends CallName = CallName> {
  readonly id: number;
  readonly name: N;
  readonly args: Calls[N]['args'];
}

export type Reply =
  | { readonly id: number; readonly kind: 'progress'; readonly what: string }
  | { readonly id: number; readonly kind: 'done'; readonly result: unknown }
  | { readonly id: number; readonly kind: 'failed'; readonly diagnostics: readonly Diagnostic[] };
