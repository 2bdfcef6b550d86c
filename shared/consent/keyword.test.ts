import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keywordOf } from "./keyword.ts";

const word = (text: string) => keywordOf(text)?.word;

const LABELLED: Record<string, { stop: string[]; start: string[]; neither: string[] }> = {
  English: {
    stop: [
      "STOP",
      "stop",
      "Stop.",
      "stop!!!",
      "STOP, thank you",
      "Please stop",
      "Stop. Thank you",
      "Unsubscribe",
      "“Stop”",
      "stop 🙏",
    ],
    start: ["START", "unstop", "Start please"],
    neither: [
      "When does the bus stop here?",
      "can you stop by tomorrow",
      "STOP 12345",
      "I could not stop laughing",
      "cancel my order",
      "start my order please",
      "thank you",
      "please",
      "",
      "end",
    ],
  },
  German: {
    stop: ["STOPP", "Stop bitte", "Abmelden.", "Bitte abmelden, danke"],
    start: ["Anmelden"],
    neither: ["Stoppen Sie auch in Köln?", "Bitte", "Wie kann ich mich für den Kurs abmelden und umbuchen?"],
  },
  Spanish: {
    stop: ["BAJA", "Baja, por favor", "dar de baja"],
    start: ["Alta"],
    neither: ["para", "la talla más baja", "cancelar"],
  },
  Portuguese: {
    stop: ["SAIR", "Sair, obrigado"],
    start: ["retomar"],
    neither: ["quero sair com desconto", "cancelar"],
  },
  French: {
    stop: ["Arrêt", "ARRETER", "arrêter svp", "Désinscription"],
    start: ["Démarrer"],
    neither: ["l'arrêt de bus"],
  },
  Italian: { stop: ["Disiscrivimi", "cancellami, grazie"], start: ["iscrivimi"], neither: ["basta così"] },
  Dutch: {
    stop: ["afmelden", "Uitschrijven a.u.b.".replace(" a.u.b.", " alstublieft")],
    start: ["aanmelden"],
    neither: ["stop er twee in"],
  },
  Polish: { stop: ["Rezygnuję", "wypisz"], start: ["Wznów"], neither: ["wypisz mi fakturę"] },
  Turkish: { stop: ["Abonelikten çık", "DURDUR"], start: ["Başlat"], neither: ["iptal"] },
  Russian: { stop: ["Стоп", "отписаться, пожалуйста"], start: ["старт"], neither: ["стоп-сигнал есть?"] },
  Arabic: { stop: ["إيقاف", "إلغاء الاشتراك"], start: ["ابدأ"], neither: ["متى يتوقف الباص"] },
  Hebrew: { stop: ["הסר", "הסרה, תודה"], start: ["התחל"], neither: ["מתי ההסרה של השלט"] },
  Hindi: { stop: ["रोकें"], start: ["शुरू करें"], neither: ["कब रोकें बताइए"] },
  Japanese: { stop: ["配信停止", "停止"], start: ["配信再開"], neither: ["停止したのはなぜですか"] },
  Chinese: { stop: ["退订", "TD", "退訂"], start: ["订阅"], neither: ["退货"] },
  Korean: { stop: ["수신거부"], start: ["수신동의"], neither: ["거부"] },
};

describe.each(Object.entries(LABELLED))("%s", (_, { stop, start, neither }) => {
  test.each(stop)("F113: %j is a stop", (text) => expect(keywordOf(text)).toEqual({ word: "stop", sms_only: false }));
  test.each(start)("F113: %j is a start", (text) =>
    expect(keywordOf(text)).toEqual({ word: "start", sms_only: false }),
  );
  test.each(neither)("F113: %j is neither", (text) => {
    expect(keywordOf(text)?.sms_only ?? true).toBe(true);
  });
});

test.each([
  "I am not interested. STOP.",
  "please stop texting me",
  "Don't message me again",
  "take me off your list",
  "Ich will keine Werbung mehr",
  "No me escriban más",
  "Ne m'envoyez plus rien",
])("F113: %j is for a person to decide", (text) => expect(word(text)).toBe("unclear"));

test.each(["END", "Quit", "cancel.", "REVOKE"])("F115: %j stops what comes by SMS, and nothing elsewhere", (text) => {
  expect(keywordOf(text)).toEqual({ word: "stop", sms_only: true });
});

test.each(["cancel please", "end of the month", "yes please", "quit smoking kit"])(
  "F115: %j is no carrier's word, which stands alone",
  (text) => expect(word(text)).toBeUndefined(),
);

test("yes and help mean something on SMS only", () => {
  expect([keywordOf("YES"), keywordOf("help")]).toEqual([
    { word: "start", sms_only: true },
    { word: "help", sms_only: true },
  ]);
});

test("F113: a stop word with any other words around it is never a stop", () => {
  const other = fc.constantFrom("the", "bus", "at", "five", "order", "12345", "my", "we", "today");
  fc.assert(
    fc.property(fc.array(other, { minLength: 1, maxLength: 4 }), fc.array(other, { maxLength: 4 }), (before, after) => {
      expect(word([...before, "stop", ...after].join(" "))).not.toBe("stop");
    }),
  );
});

test("F113: punctuation, spaces, capitals and emoji around a stop word change nothing", () => {
  const noise = fc.string({ unit: fc.constantFrom(" ", ".", "!", "\n", "🙏", "“", "-"), maxLength: 6 });
  fc.assert(
    fc.property(noise, fc.constantFrom("stop", "STOP", "Stop", "Unsubscribe"), noise, (before, text, after) => {
      expect(word(before + text + after)).toBe("stop");
    }),
  );
});

test("no text at all makes it throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void keywordOf(text)));
});
