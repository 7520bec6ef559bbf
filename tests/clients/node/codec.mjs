// The PDUs of Node's `smpp` as they are on the wire: its filters, which make texts of octets and dates of strings,
// are left out. Reads calls and writes answers as support/clients.py tells; octets are hexadecimal.

import { createInterface } from "node:readline";
import smpp from "smpp";

const { PDU, commandsById, tlvs } = smpp;
PDU.prototype._filter = () => {};

const HEAD = ["command_length", "command_id", "command_status", "sequence_number", "command"];

const operations = {
  // What each optional parameter is for it: a number, a string, or octets.
  types: () =>
    Object.fromEntries(
      Object.entries(tlvs).map(([name, { type }]) => [name, type.default === null ? "octets" : typeof type.default]),
    ),
  read({ octets }) {
    const { command, command_status, sequence_number, ...values } = PDU.fromBuffer(Buffer.from(octets, "hex"));
    for (const name of HEAD) delete values[name];
    return { command, status: command_status, sequence: sequence_number, values: shown(values) };
  },
  write({ command_id, status, sequence, values }) {
    const head = { command_status: status, sequence_number: sequence };
    return new PDU(commandsById[command_id].command, { ...taken(values), ...head }).toBuffer().toString("hex");
  },
};

function shown(values) {
  const told = {};
  for (const [name, value] of Object.entries(values)) told[name] = Buffer.isBuffer(value) ? { hex: value.toString("hex") } : value;
  for (const [name, [value]] of Object.entries(values).filter(([name]) => tlvs[name]?.multiple)) {
    told[name] = Buffer.isBuffer(value) ? { hex: value.toString("hex") } : value;
  }
  return told;
}

function taken(values) {
  const asked = {};
  for (const [name, value] of Object.entries(values)) {
    const plain = value?.hex === undefined ? value : Buffer.from(value.hex, "hex");
    asked[name] = tlvs[name]?.multiple ? [plain] : plain;
  }
  return asked;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, parameters } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ result: operations[operation](parameters) }));
  } catch (error) {
    console.log(JSON.stringify({ fault: error.message }));
  }
}
