// What the page does when something is asked of it.

import { api, Refused } from "./api";
import { noChanges, state, tell } from "./state";
import type { Changes, Folder, Forecast, Job, Run } from "./types";

const POLL_MS = 500;
let asked = 0;
let under: AbortController | null = null;

/** Open something that is served; what was open goes. */
export async function openFolder(id: string): Promise<void> {
  await guarded(async () => {
    const opened = state.folders.find((one) => one.id === id);
    if (!opened) return;
    under?.abort();
    asked++;
    Object.assign(state, { opened, network: null, compared: null, forecast: null, changes: noChanges(), central: null, ensemble: null });
    Object.assign(state, { job: null, jobs: [], day: 0, place: null, compareWith: "", compareRun: null, busy: false });
    document.documentElement.dataset.shows = opened.kind;
    if (opened.kind === "comparison") state.compared = await api.compared(id);
    else if (opened.kind === "forecast") showForecast(await api.forecast(id));
    else await openScenario(opened);
    if (opened.kind === "comparison" || opened.kind === "forecast") tell("folders", "network", "compared", "changes", "run", "place", "compare", "day", "job", "status");
  });
}

function showForecast(forecast: Forecast): void {
  const day = forecast.run.dates.length - 1; // the horizon
  Object.assign(state, { forecast, network: forecast.network, ensemble: forecast.run, day });
}

async function openScenario(opened: Folder): Promise<void> {
  const id = opened.id;
  const network = await api.network(id);
  state.network = network;
  if (!network.policies.some((policy) => policy.name === "actual")) {
    state.changes.policies = network.policies.slice(0, 1).map((policy) => policy.name);
  }
  const run = opened.kind === "run" ? await api.run(id) : null;
  const known = new Set(network.policies.map((policy) => policy.name));
  if (run?.policy.split("+").every((name) => known.has(name))) state.changes.policies = run.policy.split("+");
  tell("folders", "network", "compared", "changes", "run", "place", "compare", "day", "job");
  await redraw(run);
  state.jobs = (await api.jobs()).filter((job) => job.scenario === id);
  tell("job");
}

/** Ask for other conditions: the central run is redrawn at once, and what was of other conditions goes. */
export async function change(more: Partial<Changes>): Promise<void> {
  state.changes = { ...state.changes, ...more };
  state.ensemble = null;
  state.job = null;
  tell("changes", "job");
  await guarded(redraw);
}

export async function compareWith(policy: string): Promise<void> {
  state.compareWith = policy;
  state.compareRun = null;
  await guarded(compareCentral);
}

export async function startEnsemble(replicates: number, seed = 1): Promise<void> {
  await guarded(async () => {
    if (!state.network) return;
    state.ensemble = null; // the new one takes its place, in what is downloaded too
    tell("run");
    const job = await api.start(state.network.id, state.changes, replicates, seed);
    await watch(job);
  });
}

export async function cancelEnsemble(): Promise<void> {
  await guarded(async () => {
    if (!state.job) return;
    state.job = await api.cancel(state.job.id);
    tell("job");
  });
}

/** Show an ensemble made before, with the changes it was made with. */
export async function showJob(job: Job): Promise<void> {
  await guarded(async () => {
    state.changes = job.changes;
    state.ensemble = null;
    tell("changes");
    await redraw();
    await watch(job.state === "done" ? job : await api.start(job.scenario, job.changes, job.replicates, job.seed));
  });
}

export function showCentral(): void {
  state.ensemble = null;
  tell("run");
}

/** Wait for an ensemble and tell how far it is. */
export async function finished(job: Job, progress: (job: Job) => void): Promise<Job> {
  let now = job;
  progress(now);
  while (now.state === "running") {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    now = await api.job(now.id);
    progress(now);
  }
  return now;
}

export async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    state.error = "";
    await work();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const told = error instanceof Error ? error.message : String(error);
    state.error = error instanceof Refused ? [told, ...error.problems].join("; ") : told;
    state.busy = false;
  }
  tell("status");
}

async function redraw(ensemble: Run | null = null): Promise<void> {
  if (!state.network) return;
  const began = performance.now();
  const own = ++asked;
  under?.abort();
  under = new AbortController();
  state.busy = true;
  tell("status");
  const central = await api.central(state.network.id, state.changes, under.signal);
  if (own !== asked) return;
  Object.assign(state, { central, ensemble, busy: false });
  state.day = Math.min(state.day, central.dates.length - 1);
  document.documentElement.dataset.answerMs = String(Math.round(performance.now() - began));
  document.documentElement.dataset.began = String(began);
  tell("run", "status");
  await compareCentral();
}

async function compareCentral(): Promise<void> {
  if (state.network && state.compareWith) {
    const other = { ...state.changes, policies: [state.compareWith] };
    state.compareRun = await api.central(state.network.id, other);
  }
  tell("compare");
}

async function watch(job: Job): Promise<void> {
  const own = asked;
  const last = await finished(job, (now) => {
    if (own !== asked) return;
    state.job = now;
    tell("job");
  });
  if (own !== asked) return;
  if (last.state === "done") state.ensemble = await api.run(last.id);
  state.jobs = (await api.jobs()).filter((other) => other.scenario === last.scenario);
  tell("run", "job");
}
