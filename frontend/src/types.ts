// What the API sends: the shapes of travesia.web.shapes.

export type Words = Record<string, string>;

export interface Changes {
  policies: string[];
  enforcement: number;
  beds: Record<string, number>;
  clinics: Record<string, number>;
  departures: number;
  health: boolean | null;
}

export interface Place {
  place: string;
  name: string;
  kind: string;
  country: string;
  area: string;
  lat: number | null;
  lon: number | null;
  beds: boolean;
  clinics: boolean;
}

export interface Policy {
  name: string;
  title: Words;
  note: string;
}

export interface Source {
  source: string;
  title: string;
  url: string;
  date: string;
}

export interface Network {
  id: string;
  title: Words;
  start: string;
  days: number;
  rule: "goal" | "flee";
  coarse: boolean;
  sensitivity: string;
  places: Place[];
  legs: { one: number; other: number }[];
  policies: Policy[];
  disease: string;
  health: boolean;
  licence: string;
  note: string;
  sources: Source[];
}

export interface Band {
  median: number[];
  low: number[] | null;
  high: number[] | null;
}

/** What was simulated for the days of a figure. */
export interface Answer {
  median: number;
  low: number | null;
  high: number | null;
  inside: boolean | null;
}

export interface Reported {
  day: number;
  since: string;
  days: number;
  value: number | null;
  low: number | null;
  high: number | null;
  by: string;
  source: string;
  withheld: boolean;
  answer?: Answer | null; // in a report
}

export interface Titled {
  name: string;
  title: Words;
}

export interface Quantity extends Titled {
  place: string;
  kind: "stock" | "flow" | "cumulative";
  band: Band;
  reported: Reported[];
}

export interface Total {
  name: string;
  title: string;
  deaths: boolean;
  median: number;
  low: number | null;
  high: number | null;
  modelled: boolean;
}

export interface Run {
  kind: "central" | "ensemble" | "forecast";
  policy: string;
  replicates: number;
  seed: number;
  dates: string[];
  people: Band[];
  flows: number[][];
  capacity: ((number | null)[] | null)[];
  quantities: Quantity[];
  totals: Total[];
  seconds: number;
}

export interface Need {
  quantity: string;
  people: boolean;
  who: string;
  unit: string;
  median: number;
  low: number;
  high: number;
}

export interface Needs {
  place: string;
  date: string;
  over: number | null;
  first_over: string;
  needs: Need[];
  notes: string[];
}

export interface Job {
  id: string;
  scenario: string;
  changes: Changes;
  replicates: number;
  seed: number;
  state: "running" | "stopped" | "done" | "failed";
  done: number;
  message: string;
}

export interface Difference {
  name: string;
  title: string;
  deaths: boolean;
  before: number;
  after: number;
  median: number;
  low: number;
  high: number;
  probability: number;
  by_definition: boolean;
  sign_open: boolean;
}

export interface Comparison {
  before: Job;
  after: Job;
  differences: Difference[];
}

export interface Folder {
  id: string;
  kind: "scenario" | "run" | "comparison" | "forecast";
  title: Words;
}

export interface Case {
  reference: string;
  policy: string;
  response: string;
  replicates: number;
  differences: Difference[];
}

export interface Compared {
  id: string;
  title: Words;
  scenario: string;
  policies: Policy[];
  quantities: Titled[];
  cases: Case[];
  sensitivity: string;
  replicates: number;
  seed: number;
  paired: boolean;
}

export interface Fan {
  name: string;
  title: Words;
  place: number | null;
  days: number[];
  quantiles: number[][];
  reported: Reported[];
}

export interface Forecast {
  network: Network;
  origin: string;
  origin_day: number;
  last_day: number;
  levels: number[];
  fans: Fan[];
  run: Run;
}
