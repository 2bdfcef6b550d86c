/** What the shop assistant makes of a customer's lines, before it is put in the form that the request asks for. */
export interface AssistantAnswer {
  reply: string;
  action: "reply" | "none" | "handoff";
  /** 0–100. */
  confidence: number;
  grounding: "given" | "no_claim";
  intent: string;
  /** −1…1. */
  sentiment: number;
  language: string;
  needs_human: boolean;
  needs_human_reason: string | null;
}

type Language = "en" | "es";

interface Rule {
  intent: string;
  pattern: RegExp;
  confidence: number;
  sentiment?: number;
  action?: AssistantAnswer["action"];
  reason?: string;
  reply: Record<Language, string>;
}

/** The first rule that fits wins, so that a person wanted goes before everything else. */
const RULES: Rule[] = [
  {
    intent: "human_request",
    pattern: /\b(human|real person|a person|agent|someone real|representative|una persona|un humano|asesor)\b/i,
    confidence: 97,
    action: "handoff",
    reason: "The customer asks for a person.",
    reply: { en: "Of course, I am passing you to a colleague.", es: "Claro, te paso con una persona del equipo." },
  },
  {
    intent: "complaint",
    pattern: /\b(complain\w*|terrible|angry|scam|unacceptable|lawyer|queja|estafa|horrible|enojad[oa])\b/i,
    confidence: 88,
    sentiment: -0.8,
    action: "handoff",
    reason: "The customer is upset.",
    reply: {
      en: "I am sorry about this. A colleague will look into it with you.",
      es: "Lamento lo ocurrido. Una persona del equipo lo revisará contigo.",
    },
  },
  {
    intent: "refund",
    pattern: /\b(refunds?|money back|return (it|this|an?)|reembolso|devoluci[oó]n|devolver)\b/i,
    confidence: 64,
    sentiment: -0.3,
    reply: {
      en: "You can return anything unused within 30 days. Shall I start a return for you?",
      es: "Puedes devolver lo que no hayas usado en 30 días. ¿Inicio la devolución?",
    },
  },
  {
    intent: "order_status",
    pattern: /\b(order|parcel|package|shipment|delivery|tracking|pedido|paquete|env[ií]o)\b/i,
    confidence: 86,
    reply: {
      en: "Your order is on its way and should arrive tomorrow. Send me its number for the details.",
      es: "Tu pedido va en camino y debería llegar mañana. Envíame el número y te doy los detalles.",
    },
  },
  {
    intent: "opening_hours",
    pattern: /\b(open(ing)?|hours|close[sd]?|horarios?|abren?|abiertos?|cierran?)\b/i,
    confidence: 96,
    sentiment: 0.1,
    reply: {
      en: "We are open Monday to Saturday from 9:00 to 18:00.",
      es: "Abrimos de lunes a sábado, de 9:00 a 18:00.",
    },
  },
  {
    intent: "price",
    pattern: /\b(prices?|costs?|how much|cheap|discount|precios?|cu[aá]nto|cuestan?|descuento)\b/i,
    confidence: 91,
    reply: {
      en: "Our mugs are $12 each, and three come to $30. Which one would you like?",
      es: "Las tazas cuestan $12 y tres salen en $30. ¿Cuál te gusta?",
    },
  },
  {
    intent: "greeting",
    pattern: /\b(hi|hello|hey|good (morning|afternoon|evening)|hola|buen[oa]s?( d[ií]as| tardes| noches)?)\b/i,
    confidence: 98,
    sentiment: 0.4,
    reply: { en: "Hello! How can I help you today?", es: "¡Hola! ¿En qué puedo ayudarte hoy?" },
  },
  {
    intent: "thanks",
    pattern: /\b(thanks?|thank you|thx|cheers|gracias|perfect[oa]?|ok(ay)?|great|bye|vale)\b|👍|🙏/i,
    confidence: 99,
    sentiment: 0.7,
    action: "none",
    reply: { en: "", es: "" },
  },
];

const UNSURE: Record<Language, string> = {
  en: "Let me check that for you. Could you tell me a little more?",
  es: "Déjame revisarlo. ¿Me das un poco más de detalle?",
};

const SPANISH = /[¿¡ñ]|\b(hola|gracias|cu[aá]nto|pedido|horarios?|quiero|tienen|una|por|para|d[oó]nde|buen[oa]s)\b/i;

/** The shop assistant: the same answer for the same words, sure of what it knows and unsure of the rest. */
export function assist(customer_text: string): AssistantAnswer {
  const language: Language = SPANISH.test(customer_text) ? "es" : "en";
  const rule = RULES.find((each) => each.pattern.test(customer_text));
  const action = rule?.action ?? "reply";
  return {
    reply: rule ? rule.reply[language] : UNSURE[language],
    action,
    confidence: rule?.confidence ?? 42,
    grounding: rule ? "given" : "no_claim",
    intent: rule?.intent ?? "other",
    sentiment: rule?.sentiment ?? 0,
    language,
    needs_human: action === "handoff",
    needs_human_reason: rule?.reason ?? null,
  };
}
