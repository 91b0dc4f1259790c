// How likely something is, in words by the scale of the IPCC; the number always stands beside the word.

import { percent } from "./numbers";
import { t } from "./words";

/** Fewer replicates than these carry no word. */
export const FEW_PAIRS = 20;

export function chance(share: number, replicates: number): string {
  if (replicates < FEW_PAIRS) return t("of_pairs", { k: Math.round(share * replicates), n: replicates });
  return `${likelihood(share)} (${bounded(share)})`;
}

/** A share over replicates as a number: none of them, or all, is not never, or always. */
function bounded(share: number): string {
  if (share > 0.995) return `> ${percent(0.99)}`;
  return share < 0.005 ? `< ${percent(0.01)}` : percent(share);
}

function likelihood(share: number): string {
  if (share >= 0.99) return t("virtually_certain");
  if (share >= 0.9) return t("very_likely");
  if (share >= 0.66) return t("likely");
  if (share > 0.33) return t("as_likely_as_not");
  if (share > 0.1) return t("unlikely");
  if (share > 0.01) return t("very_unlikely");
  return t("exceptionally_unlikely");
}
