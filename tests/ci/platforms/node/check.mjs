// Reads External Secrets as a JSON list on standard input; fails at the first that the schema refuses.
import { readFileSync } from "node:fs";
import { ExternalSecret } from "@kubernetes-models/external-secrets/external-secrets.io/v1";

const given = JSON.parse(readFileSync(0, "utf8"));
for (const secret of given) {
  new ExternalSecret(secret).validate();
}
console.log(given.length);
