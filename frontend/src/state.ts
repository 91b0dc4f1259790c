// What is shown, in one place; whoever shows it is told of every change.

import type { Changes, Compared, Folder, Forecast, Job, Network, Run } from "./types";

export interface State {
  folders: Folder[];
  opened: Folder | null;
  network: Network | null;
  compared: Compared | null;
  forecast: Forecast | null;
  changes: Changes;
  central: Run | null;
  ensemble: Run | null;
  job: Job | null;
  jobs: Job[];
  day: number;
  place: number | null;
  compareWith: string;
  compareRun: Run | null;
  busy: boolean;
  error: string;
  inlined: boolean;
}

export type Part = "folders" | "network" | "compared" | "changes" | "run" | "job" | "day" | "place" | "compare" | "status" | "language";
type Listener = (state: State) => void;

export function noChanges(): Changes {
  return { policies: ["actual"], enforcement: 1, beds: {}, clinics: {}, departures: 1, health: null };
}

export const state: State = {
  folders: [],
  opened: null,
  network: null,
  compared: null,
  forecast: null,
  changes: noChanges(),
  central: null,
  ensemble: null,
  job: null,
  jobs: [],
  day: 0,
  place: null,
  compareWith: "",
  compareRun: null,
  busy: false,
  error: "",
  inlined: false,
};

const listeners: [Set<Part>, Listener][] = [];

/** Call a listener at every change of some parts. first : before the others. */
export function on(parts: Part[], listener: Listener, first = false): void {
  listeners[first ? "unshift" : "push"]([new Set(parts), listener]);
}

export function tell(...parts: Part[]): void {
  for (const [wanted, listener] of listeners) {
    if (parts.some((part) => wanted.has(part))) listener(state);
  }
}

/** The run whose numbers are shown: the ensemble where there is one, else the central run. */
export function shown(): Run | null {
  return state.ensemble ?? state.central;
}
