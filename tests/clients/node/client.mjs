// Node's `soap`. Arguments: the WSDL's address; createClient's options, as JSON.
// Reads calls and writes answers as support/clients.py tells.

import { createInterface } from "node:readline";
import soap from "soap";

const [wsdl, options] = process.argv.slice(2);
const client = await soap.createClientAsync(wsdl, JSON.parse(options));

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, parameters } = JSON.parse(line, octets);
  console.log(JSON.stringify(await answer(operation, parameters)));
}

async function answer(operation, parameters) {
  try {
    const [told] = await client[`${operation}Async`](parameters);
    return { result: told?.[`${operation}Result`] ?? null };
  } catch (error) {
    return { fault: error.message };
  }
}

// The library writes what it is given: octets in base64 are the caller's own work.
function octets(_, value) {
  return value?.base64 ?? value;
}
