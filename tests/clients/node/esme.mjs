// An ESME by Node's `smpp`. Arguments: the network's host and port.
// Reads calls and writes answers as support/clients.py tells.

import { createInterface } from "node:readline";
import smpp from "smpp";

const [host, port] = process.argv.slice(2);
const session = smpp.connect({ host, port: Number(port) });
const receipts = [];
session.on("error", (error) => console.error(error.message));
session.on("deliver_sm", (pdu) => {
  receipts.push({ text: pdu.short_message.message, id: pdu.receipted_message_id, state: pdu.message_state });
  session.send(pdu.response());
});

const asked = (send) => new Promise((answered) => send((pdu) => answered(pdu)));
const operations = {
  bind: async ({ mode, system_id, password }) => {
    const pdu = await asked((done) => session[`bind_${mode}`]({ system_id, password }, done));
    return { status: pdu.command_status, system_id: pdu.system_id ?? "" };
  },
  submit: async ({ to, text, receipt }) => {
    const registered_delivery = receipt ? 1 : 0;
    const message = { source_addr: "46701740600", destination_addr: to, short_message: text, registered_delivery };
    const pdu = await asked((done) => session.submit_sm(message, done));
    return { status: pdu.command_status, message_id: pdu.message_id ?? "" };
  },
  enquire: async () => (await asked((done) => session.enquire_link(done))).command_status,
  query: async ({ message_id }) => (await asked((done) => session.query_sm({ message_id }, done))).command_status,
  receipts: () => receipts,
  unbind: async () => (await asked((done) => session.unbind(done))).command_status,
};

await new Promise((connected) => session.on("connect", connected));
for await (const line of createInterface({ input: process.stdin })) {
  const { operation, parameters } = JSON.parse(line);
  console.log(JSON.stringify({ result: await operations[operation](parameters) }));
}
process.exit();
