// The page: its parts, and what they are told when something changes.

import "./style.css";
import type { Topology } from "topojson-specification";
import { guarded, openFolder } from "./actions";
import { api } from "./api";
import { comparePanel } from "./compare";
import { comparedPanel } from "./compared";
import { controls } from "./controls";
import { fill, h } from "./dom";
import { describe, ensemblePanel } from "./ensemble";
import { fansPanel, forecastPanel } from "./forecast";
import { makeMap } from "./map";
import { about, choosePlace, downloads, placePanel, placesPanel, quantitiesPanel, totalsPanel } from "./panels";
import { inlined, type Report } from "./inlined";
import { languageChoice } from "./language";
import { showReport } from "./report";
import { on, shown, state, tell } from "./state";
import { timeBar } from "./time";
import { languageNow, speak, t, told } from "./words";

function head(into: HTMLElement): void {
  const paint = () => {
    const scenarios = h("select", { id: "scenario", change: () => void openFolder(scenarios.value) });
    for (const one of state.folders) scenarios.append(h("option", { value: one.id }, one.kind === "scenario" ? told(one.title, one.id) : `${t(`kind_${one.kind}`)} ${one.id}: ${told(one.title, one.id)}`));
    if (state.opened) {
      scenarios.value = state.opened.id;
      document.title = `${told(state.opened.title, state.opened.id)} — Travesía`;
    }
    fill(
      into,
      h("h1", {}, "Travesía"),
      h("label", { for: "scenario" }, t("scenario")),
      scenarios,
      h("label", { for: "language" }, t("language")),
      languageChoice(),
    );
  };
  on(["folders", "language"], paint);
}

function status(into: HTMLElement): void {
  on(["status", "run", "language"], () => {
    const run = shown();
    into.className = state.error ? "error" : "";
    const ms = Math.round(1000 * (state.central?.seconds ?? 0));
    if (state.error) into.textContent = t("failed", { message: state.error });
    else if (state.compared || state.forecast) into.textContent = "";
    else if (state.busy || !run) into.textContent = t("updating");
    else into.textContent = t("ready", { policy: describe(state.changes), ms });
  });
}

async function map(into: HTMLElement, note: HTMLElement): Promise<void> {
  on(["language"], () => {
    note.textContent = t("map_note");
  });
  try {
    const world = (await api.world()) as unknown as Topology;
    const people = await makeMap(into, world, choosePlace);
    const paint = () => {
      const run = shown();
      if (state.network && run) people.show(state.network, run, state.day, state.place);
    };
    const frame = () => {
      if (state.network) people.frame(state.network);
    };
    on(["network"], frame);
    on(["run", "day", "place"], paint, true); // the map is drawn while the rest is worked out
    frame();
    paint();
  } catch (error) {
    into.textContent = t("map_missing", { why: error instanceof Error ? error.message : "WebGL" });
  }
}

function start(): void {
  const part = (tag: "section" | "header" | "details" | "div", id: string, attributes: Record<string, string> = {}) =>
    h(tag, { id, ...attributes });
  const [top, side, say, canvas, note, time] = [
    part("header", "head"),
    part("section", "controls"),
    part("div", "status", { role: "status", "aria-live": "polite" }),
    part("div", "map"),
    h("p", { class: "note", id: "map-note" }),
    part("div", "time"),
  ];
  const [compared, forecast, fans] = [part("section", "compared"), part("section", "forecast"), part("section", "fans")];
  const [run, place, totals, quantities, compare, places, files, rest] = [
    part("section", "run"),
    part("section", "chosen"),
    part("section", "totals"),
    part("section", "quantities"),
    part("section", "comparison"),
    part("section", "places"),
    part("section", "downloads"),
    part("details", "about"),
  ];
  const page = document.getElementById("page");
  if (!page) return;
  const main = h("main", {}, say, compared, forecast, canvas, note, time, fans, run, h("div", { class: "columns" }, place, totals, compare, places), quantities, files, rest);
  fill(page, top, h("div", { class: "body" }, main));
  const narrow = matchMedia("(max-width: 52rem)"); // then what may be changed follows the map, for the keyboard as for the eye
  const settle = () => (narrow.matches ? time.after(side) : main.before(side));
  narrow.addEventListener("change", settle);
  settle();
  head(top);
  status(say);
  timeBar(time);
  controls(side);
  ensemblePanel(run);
  placePanel(place);
  totalsPanel(totals);
  quantitiesPanel(quantities);
  comparePanel(compare);
  comparedPanel(compared);
  forecastPanel(forecast);
  fansPanel(fans);
  placesPanel(places);
  downloads(files);
  about(rest);
  speak(languageNow());
  void guarded(async () => {
    state.folders = await api.folders();
    tell("folders");
    const [first] = state.folders;
    if (first) await openFolder(first.id);
  });
  void map(canvas, note);
  tell("language");
}

const report = inlined<Report>("report");
if (report) showReport(report);
else start();
