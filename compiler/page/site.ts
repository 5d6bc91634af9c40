/** The page: a model is dropped, planned in a worker, and shown. */

import type { PlanArguments } from '../cli/arguments.js';
import { formatBytes } from '../util/format.js';
import type { PlanDocument } from '../report/plan-document.js';
import { boardTable } from './app/board-table.js';
import { budget } from './app/budget.js';
import { calibrationForm } from './app/calibration.js';
import { commandLine } from './app/command-line.js';
import { diagnosticsList } from './app/diagnostics-view.js';
import { downloads, save } from './app/downloads.js';
import { isModelFile, modelFileOf, modelInput } from './app/model-input.js';
import { optionsForm } from './app/options.js';
import { status } from './app/status.js';
import { showVerdict } from './app/verdict.js';
import { Cancelled, Failed, WorkerClient } from './app/worker-client.js';
import { must, setMarkup } from './explore/dom.js';
import { explore } from './explore/explore.js';
import type { About, Model, ModelFiles, Planned } from './protocol.js';

/** The plan that is asked for, the front, and the boards each have a worker: none waits for another. */
const workers = { plan: new WorkerClient(), front: new WorkerClient(), boards: new WorkerClient() };

/** SRAM of a board, as a multiple of what whole layers take, below which its plan is searched for. */
const tightFactor = 1.15;

function start(about: About): void {
  const page = {
    drop: must<HTMLElement>(document, '.drop'),
    file: must<HTMLElement>(document, '.file-name'),
    problems: must<HTMLElement>(document, '#problems'),
    results: must<HTMLElement>(document, '#results'),
    verdict: must<HTMLElement>(document, '#verdict'),
    views: must<HTMLElement>(document, '#views'),
  };
  let model: Model | null = null;
  /** The files that the model was read from: a float model stays known once it is quantised. */
  let source: ModelFiles | null = null;
  let planned: Planned | null = null;
  /** Counts requests: an answer to an older one is nobody's. */
  let request = 0;
  let view = 'memory';
  let leave = (): void => undefined;
  /** What the front and the table of boards were made for. */
  let background = '';

  const form = optionsForm(must(document, '#options'), about, () => {
    // A budget was meant for the board that it was set on.
    allowed.reset();
    const shapes = JSON.stringify(form.args().inputShape);
    if (model?.kind === 'quantised' && shapes !== quantisedFor) void quantise();
    else void plan();
  });
  /** Shapes of inputs that the model was quantised for. */
  let quantisedFor: string | undefined;
  const calibration = calibrationForm(
    must(document, '#calibration'),
    () => void quantise(),
    () => {
      if (model?.kind === 'quantised')
        save({ name: `${model.name}.int8.onnx`, type: 'application/octet-stream', bytes: model.onnx });
    },
  );
  const allowed = budget(must(document, '#budget'), () => void plan());
  const state = status(must(document, '#status'), () => workers.plan.cancel());
  const boards = boardTable(
    must(document, '#boards'),
    about.boards,
    (id) => {
      form.selectBoard(id);
      allowed.reset();
      void plan();
    },
    () => stopBoards(),
  );
  const stopBoards = (): void => {
    background = '';
    workers.boards.cancel();
    boards.end('Stopped.');
  };
  const takeAway = downloads(must(document, '#downloads'), about.packageKinds, async (kind, ecosystem) => {
    if (model === null) return null;
    state.busy('writing C');
    try {
      return await workers.plan.call('download', [model, args(), kind, ecosystem], state.busy);
    } catch (error) {
      if (error instanceof Failed) showProblems(error);
      return null;
    } finally {
      state.idle();
    }
  });
  const args = (): PlanArguments => {
    const bytes = allowed.bytes();
    return bytes === null ? form.args() : { ...form.args(), sram: String(bytes) };
  };

  const showProblems = (error: Failed): void => {
    page.problems.replaceChildren(diagnosticsList(error.diagnostics));
    page.problems.hidden = false;
  };

  /** The verdict is seen before the views are built: each part is a task of its own. */
  const show = async (result: Planned, isOld: () => boolean): Promise<void> => {
    planned = result;
    page.results.hidden = false;
    showVerdict(page.verdict, result);
    allowed.showPlan(result.plan);
    boards.mark(result.plan.board?.id ?? null);
    const images =
      model?.kind === 'quantised' ? { calibrate: calibration.folder(), ...calibration.given()?.images } : {};
    const [file, asked] = [fileName(), args()];
    takeAway.show((ecosystem) => commandLine(file, asked, images, ecosystem), result.fits);
    leave();
    leave = (): void => undefined;
    await painted();
    if (isOld()) return;
    setMarkup(page.views, result.views);
    await painted();
    if (isOld()) return;
    leave = explore(page.views, result.plan, {
      view,
      onView: (id) => {
        view = id;
      },
    });
  };

  /** What the plan's worker is asked for; it ends what was asked before, and says what came of it. An answer that is old is nobody's. */
  const ask = async (
    what: string,
    work: (isOld: () => boolean) => Promise<void>,
    onFailure: (error: Failed) => Promise<void> | void,
  ): Promise<void> => {
    const mine = ++request;
    const isOld = (): boolean => mine !== request;
    workers.plan.cancel();
    page.problems.hidden = true;
    state.busy(what);
    try {
      await work(isOld);
    } catch (error) {
      if (isOld()) return;
      state.idle(error instanceof Cancelled ? 'Cancelled.' : '');
      if (error instanceof Cancelled) return;
      if (!(error instanceof Failed)) throw error;
      await onFailure(error);
    }
  };

  const failed = (error: Failed): void => {
    if (planned === null) page.results.hidden = true;
    showProblems(error);
    if (source !== null && error.diagnostics.some((d) => d.code === 'E401')) calibration.offer();
  };

  const plan = async (): Promise<void> => {
    const asked = model;
    if (asked === null) return;
    const work = async (isOld: () => boolean): Promise<void> => {
      const result = await workers.plan.call('plan', [asked, args()], state.busy);
      if (isOld()) return;
      await show(result, isOld);
      if (isOld()) return;
      state.idle();
      inBackground(asked, result.plan);
    };
    await ask('reading the model', work, failed);
  };

  /** The float model and its inputs to an int8 model, which is planned from then on. */
  const quantise = async (): Promise<void> => {
    const [of, inputs] = [source, calibration.given()];
    if (of === null || inputs === null) return;
    const shapes = JSON.stringify(form.args().inputShape);
    const work = async (isOld: () => boolean): Promise<void> => {
      const quantised = await workers.plan.call('quantise', [of, inputs, form.args()], state.busy);
      if (isOld()) return;
      quantisedFor = shapes;
      model = quantised;
      models++;
      calibration.done(quantised.quantisation);
      await plan();
    };
    // Quantised already: its inputs are not needed.
    await ask('reading inputs', work, (error) =>
      error.diagnostics.some((d) => d.code === 'E406') ? plan() : failed(error),
    );
  };

  /** The front and the other boards, for what is neither board nor budget of the last time. */
  const inBackground = (of: Model, shown: PlanDocument): void => {
    const { board: _b, core: _c, flash: _f, ...rest } = form.args();
    const drawn = drawFront(of, { ...rest, core: shown.core });
    const key = JSON.stringify([models, rest]);
    if (key === background) return;
    background = key;
    void askBoards(of, rest, shown, drawn);
  };

  /** The front belongs to the core; a board is a line across it. */
  let frontKey = '';
  let frontDrawn: Promise<void> = Promise.resolve();
  const drawFront = (of: Model, asked: PlanArguments): Promise<void> => {
    const key = JSON.stringify([models, asked]);
    if (key === frontKey) return frontDrawn;
    frontKey = key;
    workers.front.cancel();
    allowed.showFront(null, 'Weighing SRAM against instructions …');
    frontDrawn = workers.front.call('front', [of, asked]).then(
      (found) => {
        if (key === frontKey) allowed.showFront(found);
      },
      (error: Error) => {
        if (key === frontKey && !(error instanceof Cancelled))
          allowed.showFront(null, 'There is no curve for a schedule that was asked for.');
      },
    );
    return frontDrawn;
  };

  /** Boards with room for whole layers answer at once; the search for the others begins when the front is drawn. */
  const askBoards = async (
    of: Model,
    rest: PlanArguments,
    shown: PlanDocument,
    drawn: Promise<void>,
  ): Promise<void> => {
    workers.boards.cancel();
    const mine = background;
    boards.start(shown.board?.id ?? null);
    try {
      for (const { id, sramBytes } of about.boards) {
        if (sramBytes < tightFactor * shown.memory.layerByLayerBytes) await drawn;
        if (mine !== background) return;
        boards.working(id);
        const verdict = await workers.boards.call('board', [of, rest, id]);
        if (mine !== background) return;
        boards.verdict(verdict);
      }
    } catch (error) {
      if (mine !== background) return;
      boards.end(error instanceof Cancelled ? 'Stopped.' : (error as Error).message);
    }
  };

  /** Counts models: the same file may be dropped again with other contents. */
  let models = 0;
  modelInput(document.body, (files) => {
    if (calibration.isOpen() && files !== null && !files.some(isModelFile) && calibration.take(files)) {
      void quantise();
      return;
    }
    calibration.hide();
    source = files === null ? null : { kind: 'files', files };
    model = source ?? { kind: 'demo' };
    models++;
    planned = null;
    workers.front.cancel();
    workers.boards.cancel();
    page.results.hidden = true;
    page.drop.classList.add('compact');
    page.file.textContent = `${fileName()}, ${source === null ? 'the demo network' : formatBytes(modelFileOf(source).size)}`;
    allowed.reset();
    // A float model that came with its inputs.
    if (files !== null && calibration.take(files.filter(isCalibrationFile))) void quantise();
    else void plan();
  });
  /** As it was given: a file that is no model keeps its own ending. */
  const fileName = (): string => (source === null ? 'person_detector.onnx' : modelFileOf(source).name);
  document.documentElement.dataset['ready'] = 'true';
}

/** Beside a model .bin and .raw are its external data. */
const isCalibrationFile = (file: File): boolean => /\.(npy|npz|png|jpe?g)$/i.test(file.name);

/** After what is there by now has been shown. */
const painted = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

workers.plan.call('about', []).then(start, (error: Error) => {
  const problems = must<HTMLElement>(document, '#problems');
  problems.textContent = `This browser does not run the compiler: ${error.message}`;
  problems.hidden = false;
});
