// The ensemble of what is shown: start, how far it is, cancel; and those made before.

import { cancelEnsemble, showCentral, showJob, startEnsemble } from "./actions";
import { fill, form, h } from "./dom";
import { exact } from "./numbers";
import { on, shown, state } from "./state";
import { policyTitle, t } from "./words";
import type { Changes, Job } from "./types";

const USUAL = 100;

export function ensemblePanel(into: HTMLElement): void {
  const replicates = h("input", { type: "number", id: "replicates", required: true, min: 2, max: 500, value: USUAL });
  const start = () => void startEnsemble(Number(replicates.value));
  const paint = () => {
    const run = shown();
    if (!state.network || !run) return;
    const label = run.kind === "central" ? t("central") : t("ensemble", { n: run.replicates });
    const job = state.job;
    const working = job?.state === "running";
    fill(
      into,
      h("p", { id: "run-label", class: run.kind }, label),
      form(
        start,
        h("label", { for: "replicates" }, t("replicates")),
        replicates,
        h("button", { id: "start", disabled: working }, t("start")),
        h("button", { type: "button", id: "cancel", disabled: !working, click: () => void cancelEnsemble() }, t("cancel")),
      ),
      job ? progress(job) : null,
      run.kind === "ensemble" ? h("button", { type: "button", id: "show-central", click: showCentral }, t("show_central")) : null,
      state.jobs.length ? earlier(state.jobs) : null,
    );
  };
  on(["network", "run", "job", "language"], paint);
}

function progress(job: Job): HTMLElement {
  const text = t("progress", { done: job.done, n: job.replicates });
  return h(
    "p",
    { class: "row", role: "status" },
    h("progress", { id: "progress", max: job.replicates, value: job.done, "aria-label": text }),
    h("span", { id: "job-state" }, `${text}, ${t(`state_${job.state}`)}${job.message ? `: ${job.message}` : ""}`),
  );
}

function earlier(jobs: Job[]): HTMLElement {
  const items = jobs.map((job) =>
    h(
      "li",
      {},
      `${describe(job.changes)}, ${t("progress", { done: job.done, n: job.replicates })} `,
      h("button", { type: "button", class: "link", id: `job-${job.id}`, click: () => void showJob(job) }, job.state === "done" ? t("show") : t("go_on")),
    ),
  );
  return h("details", {}, h("summary", {}, t("earlier")), h("ul", {}, ...items));
}

function placeName(place: string): string {
  return state.network?.places.find((one) => one.place === place)?.name ?? place;
}

/** Changes in a few words. */
export function describe(changes: Changes): string {
  const parts = [policyTitle(state.network?.policies ?? [], changes.policies.join("+"))];
  if (changes.enforcement !== 1) parts.push(`${t("enforcement")} × ${exact(changes.enforcement)}`);
  if (changes.departures !== 1) parts.push(`${t("departures")} × ${exact(changes.departures)}`);
  for (const what of ["beds", "clinics"] as const) {
    const entries = Object.entries(changes[what]).map(([place, people]) => `${placeName(place)} +${exact(people)}`);
    if (entries.length) parts.push(`${t(what)}: ${entries.join(", ")}`);
  }
  return parts.join("; ");
}
