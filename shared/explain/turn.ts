import type { TurnFacts } from "./facts.ts";

/** Why a turn ended as it did, for a person; a word that is not listed stands for itself. */
const REASONS: Record<string, string> = {
  confident: "it was sure enough",
  auto_send_off: "sending without a person is switched off for this number",
  low_confidence: "it was not sure enough",
  inferred: "it had inferred its answer instead of finding it in what it was given",
  unbacked: "its answer named a price, a link or an address that the business has not given",
  late: "the customer had waited too long already",
  nothing_to_answer: "there was nothing to answer",
  needs_human: "the customer needs a person",
  loop: "it looked like two machines talking to each other",
  too_many_restarts: "the customer went on writing",
  answer_cut: "the model's answer was cut off",
  answer_blocked: "the model held its answer back",
  answer_malformed: "the model's answer could not be read",
  answer_empty: "the model's answer was empty",
  model_busy: "the model was busy",
  model_unavailable: "the model could not be reached",
  model_refused: "the model refused the request",
};

const DECISIONS = {
  send: "sent its answer",
  draft: "left a draft",
  none: "answered nothing",
  handoff: "asked for a person",
};

/** What the AI decided, why, how sure it was, and with what it thought. */
export function explainTurn(turn: TurnFacts): string {
  const { decision, reason, state } = turn;
  const because = reason === null ? "" : ` because ${REASONS[reason] ?? reason}`;
  const did = decision === null ? `ended its turn as ${state}` : DECISIONS[decision];
  return `The AI ${did}${because}. ${[sureness(turn), model(turn), restarts(turn)].filter((part) => part !== "").join(" ")}`.trim();
}

function sureness({ confidence, threshold }: TurnFacts): string {
  if (confidence === null) return "";
  return `It was ${confidence} % sure${threshold === null ? "" : `; ${threshold} % is asked for`}.`;
}

function model({ requested_model, served_model, prompt_version }: TurnFacts): string {
  if (served_model === null) return "";
  const instead =
    requested_model === null || requested_model === served_model ? "" : `, asked for as ${requested_model}`;
  return `Model ${served_model}${instead}${prompt_version === null ? "" : `, prompt ${prompt_version}`}.`;
}

function restarts({ restarts: times }: TurnFacts): string {
  if (times === 0) return "";
  return `It had begun anew ${times === 1 ? "once" : `${times} times`} because the customer went on writing.`;
}
