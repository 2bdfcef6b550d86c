/**
 * Words that mean one thing when they are the whole message, by language. Left out are words that are also plain answers
 * in a shop: "cancel" or "cancelar" is about an order, "para" is "for", "basta" is "that will do".
 */
export const STOP_WORDS = `
  stop | stopall | stop all | unsubscribe | optout | opt out | unsubscribe me | opt me out | stop messages
  stopp | abmelden | abbestellen | austragen
  baja | darme de baja | dar de baja | dame de baja | detener
  sair | descadastrar | parar mensagens | remover
  arret | arreter | desabonner | desinscription | me desabonner
  disiscrivimi | disiscrivi | cancellami | annulla iscrizione
  afmelden | uitschrijven | stoppen
  wypisz | wypisz mnie | rezygnuje
  durdur | abonelikten cik
  стоп | отписаться | отпишите меня | відписатися | відпишіть мене
  توقف | ايقاف | إيقاف | إلغاء الاشتراك | الغاء الاشتراك
  הסר | הסרה | הסירו אותי | עצור
  रोकें | बंद करो | सदस्यता समाप्त
  berhenti | berhenti langganan
  停止 | 配信停止 | ストップ | 退订 | 退訂 | 取消订阅 | 取消訂閱 | td
  수신거부 | 중지
  dừng | hủy đăng ký
  avregistrera | avsluta prenumeration | afmeld | avmeld | lopeta | peru tilaus
  odhlasit | odhlasit odber | dezabonare | leiratkozas | διαγραφη | σταματηστε
`;

export const START_WORDS = `
  start | unstop | optin | opt in | subscribe | resubscribe
  anmelden | starten
  alta | iniciar | reanudar
  retomar | voltar a receber
  demarrer | reprendre
  iscrivimi | avvia | riprendi
  aanmelden | wznow | baslat
  старт | подписаться | підписатися
  ابدأ | اشتراك | התחל | शुरू करें | mulai
  開始 | 配信再開 | 订阅 | 訂閱 | 수신동의 | bắt đầu
`;

export const HELP_WORDS = `
  help | info | hilfe | ayuda | ajuda | aide | aiuto | hulp | pomoc | yardim | помощь | допомога | مساعدة | עזרה | मदद | bantuan
`;

/** What carriers obey on SMS as the whole message, whatever else it may mean there; on other channels it means nothing. */
export const CARRIER_STOP_WORDS = `end | quit | cancel | revoke`;
export const CARRIER_START_WORDS = `yes`;

/** What people add to a word out of politeness; it changes nothing about it. */
export const POLITE_WORDS = `
  please | pls | plz | thanks | thank you | thank you very much | thx | ty | bitte | danke | vielen dank
  por favor | gracias | muchas gracias | obrigado | obrigada | s il vous plait | svp | merci | merci beaucoup
  per favore | grazie | alsjeblieft | alstublieft | dank je | dank u | bedankt | prosze | dziekuje | lutfen | tesekkurler
  пожалуйста | спасибо | будь ласка | дякую | من فضلك | شكرا | בבקשה | תודה | कृपया | धन्यवाद | tolong | terima kasih
  お願いします | ありがとう | 请 | 谢谢 | 謝謝 | 감사합니다 | tack | takk | tak | kiitos | dekuji | multumesc
`;

/** Sentences that ask for silence in so many words. No program decides on them: a person does. */
export const ASKS_FOR_SILENCE = [
  /\b(?:stop|quit) (?:texting|messaging|contacting|calling|writing|spamming|sending|bothering|emailing)\b/u,
  /\b(?:do not|don t|dont|never) (?:text|message|contact|call|write to|write) me\b/u,
  /\b(?:remove|delete) (?:me|my number)\b/u,
  /\btake me off\b/u,
  /\bunsubscribe me\b/u,
  /\bno more (?:messages|texts|ads)\b/u,
  /\bkeine (?:nachrichten|werbung|sms) mehr\b/u,
  /\bno (?:me )?(?:escriban|escribas|envien|envies|manden|mandes) mas\b/u,
  /\bdar(?:me|nos) de baja\b/u,
  /\bne (?:m|me) (?:contactez|envoyez|ecrivez|appelez) plus\b/u,
  /\bnao (?:me )?(?:envie|enviem|mande|mandem) mais\b/u,
  /\bnon (?:mi )?(?:scrivete|scrivermi|inviate|mandate|chiamate) piu\b/u,
  /\bgeen (?:berichten|reclame) meer\b/u,
];
