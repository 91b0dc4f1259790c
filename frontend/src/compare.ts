// Two policies side by side: central runs at once, differences with their probability from paired ensembles.

import { finished, guarded } from "./actions";
import { api } from "./api";
import { fill, h, table } from "./dom";
import { chance } from "./likelihood";
import { count, exact, interval, signed } from "./numbers";
import { on, state } from "./state";
import { still } from "./summary";
import { policyTitle, t, title } from "./words";
import type { Comparison, Difference, Job, Quantity, Run } from "./types";

export function comparePanel(into: HTMLElement): void {
  let found: Comparison | null = null;
  let waiting = "";
  let running: Job | null = null;
  const paint = () => {
    const [network, before, after] = [state.network, state.central, state.compareRun];
    if (!network || !before || !after || !state.compareWith) {
      fill(into);
      return;
    }
    const names = { before: policyTitle(network.policies, state.changes.policies.join("+")), after: policyTitle(network.policies, state.compareWith) };
    fill(
      into,
      h("h2", {}, `${t("compare")}: ${names.after}`),
      found
        ? table(t("compare_ready", names), [t("what"), t("before"), t("after"), t("difference"), t("interval_90"), t("probability")], found.differences.map((one) => row(one, before.quantities, found?.before.replicates ?? 0)))
        : table(t("compare_central", names), [t("what"), t("before"), t("after"), t("difference")], central(before, after)),
      found?.differences.some((one) => one.by_definition) ? h("p", { class: "note" }, t("by_definition")) : null,
      (found ? found.differences.some((one) => one.sign_open) : before.totals.some((one) => one.modelled && one.deaths)) ? h("p", { class: "note" }, t("sign_open")) : null,
      h(
        "p",
        { class: "row" },
        h("button", { type: "button", id: "compare-start", disabled: waiting !== "", click: ask }, t("compare_button")),
        h("button", { type: "button", id: "compare-cancel", disabled: waiting === "", click: cancel }, t("cancel")),
      ),
      h("p", { role: "status", id: "compare-state" }, waiting),
    );
  };
  const ask = () => {
    const field = document.getElementById("replicates");
    if (field instanceof HTMLInputElement && field.reportValidity()) void fillIn(Number(field.value));
  };
  const cancel = () =>
    void guarded(async () => {
      if (running) await api.cancel(running.id);
    });
  const fillIn = (replicates: number) =>
    guarded(async () => {
      const { network, changes, compareWith } = state;
      if (!network) return;
      const wanted = () => state.network === network && state.changes === changes && state.compareWith === compareWith;
      const done: Job[] = [];
      try {
        for (const own of [changes, { ...changes, policies: [compareWith] }]) {
          const job = await finished(await api.start(network.id, own, replicates, 1), (now) => tellOf(now, done.length));
          if (job.state !== "done" || !wanted()) return; // cancelled, or other conditions are shown by now
          done.push(job);
        }
        const [before, after] = done as [Job, Job];
        const differences = await api.compare(before.id, after.id);
        if (wanted()) found = differences;
      } finally {
        [waiting, running] = ["", null];
        paint();
      }
    });
  const tellOf = (job: Job, before: number) => {
    running = job;
    waiting = `${before + 1}/2: ${t("progress", { done: job.done, n: job.replicates })}`;
    paint();
  };
  on(["network", "compare", "changes"], () => (found = null));
  on(["network", "compare", "language"], paint);
}

function central(before: Run, after: Run): string[][] {
  const others = new Map(after.totals.map((total) => [total.name, total]));
  return before.totals
    .filter((total) => total.modelled || others.get(total.name)?.modelled)
    .map((total) => {
      const other = others.get(total.name)?.median ?? 0;
      const plain = total.deaths ? exact : count;
      // a single run says nothing of the sign of a difference in deaths
      const change = total.deaths ? "†" : signed(other - total.median);
      return [title(before.quantities, total.name, total.title), plain(total.median), plain(other), change];
    });
}

function row(one: Difference, quantities: Quantity[], replicates: number): string[] {
  const plain = one.deaths ? exact : count;
  const marks = `${one.by_definition ? " *" : ""}${one.sign_open ? " †" : ""}`;
  const likely = one.sign_open ? "†" : still(one) ? t("no_change") : chance(one.probability, replicates);
  return [title(quantities, one.name, one.title) + marks, plain(one.before), plain(one.after), signed(one.median, !one.deaths), interval(one.low, one.high, !one.deaths), likely];
}
