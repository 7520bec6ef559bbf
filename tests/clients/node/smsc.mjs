// A network by Node's `smpp`. It listens on a free port of loopback, takes `kavle`/`secret` for a bind, delivers
// what it gets, by its own reading of headers and alphabets, and sends the receipts that are asked for.
// Reads calls and writes answers as support/clients.py tells.

import { createInterface } from "node:readline";
import smpp from "smpp";

const { ENCODING, ESM_CLASS, REGISTERED_DELIVERY } = smpp;
const CONCATENATION = { 0x00: 1, 0x08: 2 }; // element: octets of its reference, 3GPP TS 23.040 §9.2.3.24
const NOBODY = "46701740611"; // who can't be reached
const bound = new Map(); // session: how it was bound
const texts = []; // that are whole
const parts = new Map();
let unbinds = 0;
let messages = 0;

const server = smpp.createServer((session) => {
  session.on("error", () => session.destroy());
  session.on("close", () => bound.delete(session));
  for (const mode of ["bind_transceiver", "bind_transmitter", "bind_receiver"]) {
    session.on(mode, (pdu) => {
      const right = pdu.system_id === "kavle" && pdu.password === "secret";
      if (right) bound.set(session, mode);
      const told = right ? { system_id: "node" } : { command_status: smpp.ESME_RINVPASWD };
      session.send(pdu.response(told));
    });
  }
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("submit_sm", (pdu) => submitted(session, pdu));
  session.on("unbind", (pdu) => {
    unbinds++;
    session.send(pdu.response());
    session.close();
  });
});

function submitted(session, pdu) {
  const message_id = `n-${++messages}`;
  session.send(pdu.response({ message_id }));
  const reached = pdu.destination_addr !== NOBODY;
  if (reached) received(pdu);
  if (pdu.registered_delivery & REGISTERED_DELIVERY.FINAL) receipt(pdu, message_id, reached);
}

function received(pdu) {
  const { udh = [], message } = pdu.short_message;
  const element = udh.find((one) => one[0] in CONCATENATION);
  const text = { to: pdu.destination_addr, from: pdu.source_addr, flash: flash(pdu.data_coding) };
  if (!element) {
    texts.push({ ...text, text: message, parts: 1 });
    return;
  }
  const octets = CONCATENATION[element[0]];
  const reference = element.readUIntBE(2, octets);
  const [total, number] = element.subarray(2 + octets);
  const key = `${pdu.destination_addr} ${pdu.source_addr} ${reference}`;
  const held = parts.get(key) ?? [];
  parts.set(key, held);
  held[number - 1] = message;
  if (Object.keys(held).length === total) texts.push({ ...text, text: held.join(""), parts: total });
}

// Class 0 in a coding group that has classes, 3GPP TS 23.038 §4.
const flash = (coding) => (coding & 0xd3) === 0x10 || (coding & 0xf3) === 0xf0;

function receipt(pdu, message_id, reached) {
  const when = new Date().toISOString().replace(/\D/g, "").slice(2, 12);
  const [stat, err] = reached ? ["DELIVRD", "000"] : ["UNDELIV", "001"];
  receiver().deliver_sm({
    source_addr: pdu.destination_addr,
    source_addr_ton: pdu.dest_addr_ton,
    source_addr_npi: pdu.dest_addr_npi,
    destination_addr: pdu.source_addr,
    esm_class: ESM_CLASS.MC_DELIVERY_RECEIPT,
    short_message:
      `id:${message_id} sub:001 dlvrd:${reached ? "001" : "000"} ` +
      `submit date:${when} done date:${when} stat:${stat} err:${err} text:`,
    receipted_message_id: message_id,
    message_state: reached ? 2 : 5,
  });
}

function receiver() {
  return [...bound].find(([, mode]) => mode !== "bind_transmitter")[0];
}

const operations = {
  port: () => server.address().port,
  texts: () => texts,
  binds: () => bound.size,
  unbinds: () => unbinds,
  // A text from a phone; the gateway's answer to it.
  phone: ({ from, to, text }) =>
    new Promise((answered) =>
      receiver().deliver_sm(
        { source_addr: from, destination_addr: to, data_coding: ENCODING.UCS2, short_message: text },
        (pdu) => answered({ status: pdu.command_status }),
      ),
    ),
  enquire: () => new Promise((answered) => receiver().enquire_link((pdu) => answered(pdu.command))),
  // The network goes down in good order: it asks every ESME to leave.
  unbind: () =>
    Promise.all(
      [...bound.keys()].map((session) => new Promise((done) => session.unbind((pdu) => done(pdu.command)))),
    ),
};

await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
for await (const line of createInterface({ input: process.stdin })) {
  const { operation, parameters } = JSON.parse(line);
  console.log(JSON.stringify({ result: await operations[operation](parameters) }));
}
process.exit();
