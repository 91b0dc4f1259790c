// Requests to the server. Everything goes to where the page came from.

import type { Changes, Compared, Comparison, Folder, Forecast, Job, Needs, Network, Run } from "./types";

export class Refused extends Error {
  constructor(
    message: string,
    readonly problems: string[],
  ) {
    super(message);
  }
}

async function answer(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const init: RequestInit = { credentials: "same-origin" };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.method = "POST";
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(path, init);
  if (response.ok) return response;
  const told: unknown = await response.json().catch(() => null);
  const error = (told as { error?: { message?: string; problems?: string[] } } | null)?.error;
  throw new Refused(error?.message ?? response.statusText, error?.problems ?? []);
}

async function json<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await answer(path, body, signal)).json()) as T;
}

const named = encodeURIComponent;

export const api = {
  folders: () => json<Folder[]>("/api/folders"),
  compared: (id: string) => json<Compared>(`/api/comparisons/${named(id)}`),
  forecast: (id: string) => json<Forecast>(`/api/forecasts/${named(id)}`),
  network: (id: string) => json<Network>(`/api/scenarios/${named(id)}`),
  central: (id: string, changes: Changes, signal?: AbortSignal) =>
    json<Run>(`/api/scenarios/${named(id)}/central`, changes, signal),
  needs: (id: string, place: string, changes: Changes) =>
    json<Needs>(`/api/scenarios/${named(id)}/needs`, { place, changes }),
  jobs: () => json<Job[]>("/api/jobs"),
  job: (id: string) => json<Job>(`/api/jobs/${named(id)}`),
  start: (scenario: string, changes: Changes, replicates: number, seed: number) =>
    json<Job>("/api/jobs", { scenario, changes, replicates, seed }),
  cancel: (id: string) => json<Job>(`/api/jobs/${named(id)}/cancel`, {}),
  run: (id: string) => json<Run>(`/api/runs/${named(id)}`),
  compare: (before: string, after: string) => json<Comparison>("/api/compare", { before, after }),
  async centralTable(id: string, table: string, format: string, changes: Changes): Promise<Blob> {
    return (await answer(`/api/scenarios/${named(id)}/tables/${table}?format=${format}`, changes)).blob();
  },
  async runTable(id: string, table: string, format: string): Promise<Blob> {
    return (await answer(`/api/runs/${named(id)}/tables/${table}?format=${format}`)).blob();
  },
  world: () => json<never>("/world.json"),
};
