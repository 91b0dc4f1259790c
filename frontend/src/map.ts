// The map: countries, people at places as circles, flows along legs. It loads nothing from elsewhere.

import * as maplibregl from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Feature, FeatureCollection } from "geojson";
import { on } from "./state";
import { t } from "./words";
import type { Network, Run } from "./types";

const LARGEST_PX = 34;
const WIDEST_PX = 12;

export interface PeopleMap {
  frame(network: Network): void;
  show(network: Network, run: Run, day: number, place: number | null): void;
  /** Tells a picture of the map whenever it is still. */
  still(told: (picture: string) => void): void;
}

// What changes with the day is told as the state of a feature: it needs one more frame, and no new layout of names.
const state = (name: string, otherwise: number | boolean): maplibregl.ExpressionSpecification => ["coalesce", ["feature-state", name], otherwise];
const empty: FeatureCollection = { type: "FeatureCollection", features: [] };

export async function makeMap(
  into: HTMLElement,
  world: Topology,
  choose: (place: number) => void,
  worker = workerUrl,
  kept = false,
): Promise<PeopleMap> {
  maplibregl.setWorkerUrl(worker);
  const countries = feature(world, world.objects.countries as GeometryCollection);
  const map = new maplibregl.Map({
    container: into,
    attributionControl: false,
    canvasContextAttributes: { preserveDrawingBuffer: kept }, // else there is nothing to print
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
    center: [-90, 17],
    zoom: 4,
    style: {
      version: 8,
      sources: {
        countries: { type: "geojson", data: countries },
        legs: { type: "geojson", data: empty },
        places: { type: "geojson", data: empty },
      },
      layers: [
        { id: "sea", type: "background", paint: { "background-color": "#dce8ee" } },
        { id: "land", type: "fill", source: "countries", paint: { "fill-color": "#f6f4ef" } },
        { id: "borders", type: "line", source: "countries", paint: { "line-color": "#b9b3a6", "line-dasharray": [3, 2] } },
        { id: "legs", type: "line", source: "legs", paint: { "line-color": "#a0a0a0", "line-width": 1 } },
        {
          id: "flows",
          type: "line",
          source: "legs",
          layout: { "line-cap": "round" },
          paint: { "line-color": "#D55E00", "line-opacity": ["case", [">", state("width", 0), 0], 0.75, 0], "line-width": state("width", 0) },
        },
        {
          id: "places",
          type: "circle",
          source: "places",
          paint: {
            "circle-radius": state("radius", 2),
            "circle-color": ["case", ["get", "detention"], "#7a2e8c", "#0072B2"],
            "circle-opacity": 0.7,
            "circle-stroke-width": ["case", state("chosen", false), 3, 1],
            "circle-stroke-color": ["case", state("chosen", false), "#000000", "#ffffff"],
          },
        },
        {
          id: "names",
          type: "symbol",
          source: "places",
          layout: {
            "text-field": ["get", "name"],
            "text-font": ["sans-serif"],
            "text-size": 12,
            "text-variable-anchor": ["left", "right", "top", "bottom"],
            "text-radial-offset": 0.8,
            "symbol-sort-key": ["-", 0, ["get", "most"]],
          },
          paint: { "text-color": "#1a1a1a", "text-halo-color": "#ffffff", "text-halo-width": 1.5 },
        },
      ],
    },
  });
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.touchZoomRotate.disableRotation();
  const named = () => {
    for (const [end, text] of [["zoom-in", t("zoom_in")], ["zoom-out", t("zoom_out")]] as const) {
      const button = into.querySelector(`.maplibregl-ctrl-${end}`);
      button?.setAttribute("aria-label", text);
      button?.setAttribute("title", text);
    }
    map.getCanvas().setAttribute("aria-label", t("map"));
  };
  on(["language"], named);
  named();
  map.on("click", "places", (event) => {
    const found = event.features?.[0]?.properties?.number as number | undefined;
    if (found !== undefined) choose(found);
  });
  map.on("mouseenter", "places", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "places", () => (map.getCanvas().style.cursor = ""));
  await new Promise<void>((resolve, reject) => {
    map.once("load", () => resolve());
    map.once("error", (event) => reject(event.error));
  });
  let drawn: Network | null = null;
  return {
    frame: (network) => frame(map, network),
    show(network, run, day, place) {
      if (drawn !== network) {
        drawn = network; // names keep the order of the first run: they do not jump from one change to the next
        source(map, "legs").setData(legs(network));
        source(map, "places").setData(places(network, run));
      }
      const full = Math.max(1, ...run.people.map((band) => Math.max(...band.median)));
      network.places.forEach((_, number) => {
        const people = run.people[number]?.median[day] ?? 0;
        const radius = people > 0 ? Math.max(3, LARGEST_PX * Math.sqrt(people / full)) : 2;
        map.setFeatureState({ source: "places", id: number }, { radius, chosen: number === place });
      });
      const busy = Math.max(1, ...run.flows.map((flow) => Math.max(...flow)));
      network.legs.forEach((_, number) => {
        const people = run.flows[number]?.[day] ?? 0;
        map.setFeatureState({ source: "legs", id: number }, { width: people > 0 ? Math.max(1.5, WIDEST_PX * Math.sqrt(people / busy)) : 0 });
      });
      map.triggerRepaint();
      void map.once("idle", redrawn); // when all of it is drawn, and not a frame earlier
    },
    still: (told) => map.on("idle", () => told(map.getCanvas().toDataURL("image/png"))),
  };
}

/** Say how long it took from a change to the map that shows it. */
function redrawn(): void {
  const began = document.documentElement.dataset.began;
  if (!began) return;
  delete document.documentElement.dataset.began;
  document.documentElement.dataset.redrawMs = String(Math.round(performance.now() - Number(began)));
}

function source(map: maplibregl.Map, name: string): maplibregl.GeoJSONSource {
  return map.getSource(name) as maplibregl.GeoJSONSource;
}

function frame(map: maplibregl.Map, network: Network): void {
  const box = new maplibregl.LngLatBounds();
  for (const place of network.places) {
    if (place.lat !== null && place.lon !== null) box.extend([place.lon, place.lat]);
  }
  if (!box.isEmpty()) map.fitBounds(box, { padding: 48, animate: false, maxZoom: 9 });
}

function places(network: Network, run: Run): FeatureCollection {
  const features: Feature[] = [];
  network.places.forEach((place, number) => {
    if (place.lat === null || place.lon === null) return;
    features.push({
      type: "Feature",
      id: number,
      geometry: { type: "Point", coordinates: [place.lon, place.lat] },
      properties: { number, most: Math.max(0, ...(run.people[number]?.median ?? [])), name: place.name, detention: place.kind === "detention" },
    });
  });
  return { type: "FeatureCollection", features };
}

function legs(network: Network): FeatureCollection {
  const features: Feature[] = [];
  network.legs.forEach((leg, number) => {
    const [one, other] = [network.places[leg.one], network.places[leg.other]];
    if (!one || !other || one.lat === null || one.lon === null || other.lat === null || other.lon === null) return;
    features.push({
      type: "Feature",
      id: number,
      geometry: { type: "LineString", coordinates: [[one.lon, one.lat], [other.lon, other.lat]] },
      properties: {},
    });
  });
  return { type: "FeatureCollection", features };
}
