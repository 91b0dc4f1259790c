// A forecast that was written to a folder: what it is, the fan of the chosen place, and those of the largest.

import { fill, h } from "./dom";
import { drawFan, fanFigure } from "./fan";
import { day } from "./numbers";
import { placeChoice } from "./panels";
import { pictures } from "./seen";
import { on, state } from "./state";
import { label, spaced, t, told, word } from "./words";
import type { Fan, Forecast } from "./types";

const MOST_FANS = 12;

export function forecastPanel(into: HTMLElement): void {
  on(["network", "language"], () => {
    const forecast = state.forecast;
    if (!forecast) {
      fill(into);
      return;
    }
    const days = forecast.last_day - forecast.origin_day;
    fill(
      into,
      h("h2", {}, `${t("forecast")}: ${told(forecast.network.title, forecast.network.id)}`),
      h("p", { id: "forecast-label" }, t("forecast_label", { date: day(forecast.origin), n: days })),
      forecast.network.coarse ? h("p", { class: "banner" }, t("coarse")) : null,
      h("p", { class: "note" }, label(forecast.network.sensitivity)),
    );
  });
}

export function fansPanel(into: HTMLElement): void {
  const charts = pictures();
  on(["network", "place", "language"], () => {
    const forecast = state.forecast;
    if (!forecast) {
      charts([]);
      fill(into);
      return;
    }
    const fans = inOrder(forecast, state.place);
    const figures = fans.slice(0, MOST_FANS).map((fan) => ({ fan, ...fanFigure(forecast, fan) }));
    const chosen = state.place === null ? undefined : forecast.network.places[state.place];
    const missing = chosen && !fans.some((fan) => fan.place === state.place);
    const title = chosen ? [chosen.name, word("kind_of", chosen.kind), spaced(chosen.country)].filter(Boolean).join(" · ") : t("fans");
    const left = fans.length - figures.length;
    const few = h("p", { class: "note" }, `${t("key_fan")}${left > 0 ? ` ${t("fans_left", { n: left })}` : ""}`);
    const grid = h("div", { class: "fans" }, ...figures.map(({ figure }) => figure));
    fill(into, h("h2", { id: "fans-title" }, title), placeChoice(forecast.network), missing ? h("p", {}, t("no_fan")) : null, figures.length ? few : null, grid);
    charts(figures.map(({ fan, box }) => ({ box, draw: () => drawFan(box, forecast, fan) })));
  });
}

/** The fan of the chosen place first, then quantities, then the places with most people at the end. */
function inOrder(forecast: Forecast, place: number | null): Fan[] {
  const ends = (fan: Fan) => fan.quantiles[3]?.[fan.days.length - 1] ?? 0;
  const rank = (fan: Fan) => (place !== null && fan.place === place ? 0 : fan.place === null ? 1 : 2);
  return [...forecast.fans].sort((a, b) => rank(a) - rank(b) || ends(b) - ends(a));
}
