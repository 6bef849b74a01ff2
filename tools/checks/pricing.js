// The Batch Apex quote job prices by the rules of the services: its static resource says what pricing.toml says.
import { isDeepStrictEqual } from 'node:util';
import { parse as parseToml } from 'smol-toml';

/** @param {string} toml text of pricing.toml @param {string} json text of the static resource @returns {string[]} problems */
export function checkPricing(toml, json) {
  const [services, batch] = [parseToml(toml), JSON.parse(json)];
  return [...new Set([...Object.keys(services), ...Object.keys(batch)])]
    // Objects that smol-toml makes have no prototype, and that is no difference.
    .filter((key) => !isDeepStrictEqual(plain(services[key]), plain(batch[key])))
    .map((key) => `QuotePricingRules.json: ${key} is not what shared/src/quotes/pricing.toml says`);
}

function plain(value) {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
