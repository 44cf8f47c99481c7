/** The fields of the person an order goes to, and of their address. */

import { emailError, field, required } from "./form.js";

/** What is remembered of an address: the fields' values by name, without the email. @typedef {Record<string, string>} Values */

/**
 * Return `{all, read, values}`: the fields, filled from a profile and from what was remembered, what they
 * say in the shop's shape, and what to remember.
 * @param {{firstname: string, lastname: string, email: string}} profile @param {Values} [known]
 */
export function addressFields({ firstname, lastname, email }, known = {}) {
  const all = [
    field({
      name: "firstname",
      label: "First name",
      autocomplete: "given-name",
      value: known.firstname ?? firstname,
      kind: "half",
      check: required("Whom shall we ask for?"),
    }),
    field({
      name: "lastname",
      label: "Last name",
      autocomplete: "family-name",
      value: known.lastname ?? lastname,
      kind: "half",
      hint: "if you have one",
    }),
    field({
      name: "email",
      label: "Email",
      hint: "optional",
      type: "email",
      inputmode: "email",
      autocomplete: "email",
      value: email,
      check: emailError,
    }),
    field({
      name: "street",
      label: "Street and number",
      autocomplete: "address-line1",
      value: known.street,
      check: required("Our courier runs fast, but not blind."),
    }),
    field({
      name: "street2",
      label: "Flat, floor, company",
      hint: "optional",
      autocomplete: "address-line2",
      value: known.street2,
    }),
    field({
      name: "zip",
      label: "ZIP",
      hint: "if there is one",
      autocomplete: "postal-code",
      kind: "third",
      value: known.zip,
    }),
    field({
      name: "city",
      label: "City",
      autocomplete: "address-level2",
      value: known.city,
      kind: "rest",
      check: required("Which city?"),
    }),
    field({
      name: "state",
      label: "State",
      hint: "optional",
      autocomplete: "address-level1",
      kind: "half",
      value: known.state,
    }),
    field({
      name: "country",
      label: "Country",
      hint: "optional",
      autocomplete: "country-name",
      kind: "half",
      value: known.country,
    }),
  ];
  /** @returns {Values} */
  const valuesOf = () => Object.fromEntries(all.map(({ input }) => [input.name, input.value.trim()]));
  return {
    all,
    values() {
      const { email: _, ...values } = valuesOf();
      return values;
    },
    read() {
      const values = valuesOf();
      const { firstname = "", lastname = "", email = "", street = "", street2 = "", ...rest } = values;
      // The API has one line for the street.
      const address = { street: [street, street2].filter(Boolean).join(", "), ...rest };
      return { firstname, lastname, email, address };
    },
  };
}
