/** The fields of the person an order goes to, and of their address. */

import { emailError, field, required } from "./form.js";

/**
 * Return `{all, read}`: the fields, filled from a profile, and what they say in the shop's shape.
 * @param {{firstname: string, lastname: string, email: string}} profile
 */
export function addressFields({ firstname, lastname, email }) {
  const all = [
    field({
      name: "firstname",
      label: "First name",
      autocomplete: "given-name",
      value: firstname,
      kind: "half",
      check: required("Whom shall we ask for?"),
    }),
    field({
      name: "lastname",
      label: "Last name",
      autocomplete: "family-name",
      value: lastname,
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
      check: required("Our courier runs fast, but not blind."),
    }),
    field({ name: "street2", label: "Flat, floor, company", hint: "optional", autocomplete: "address-line2" }),
    field({ name: "zip", label: "ZIP", hint: "if there is one", autocomplete: "postal-code", kind: "third" }),
    field({
      name: "city",
      label: "City",
      autocomplete: "address-level2",
      kind: "rest",
      check: required("Which city?"),
    }),
    field({ name: "state", label: "State", hint: "optional", autocomplete: "address-level1", kind: "half" }),
    field({ name: "country", label: "Country", hint: "optional", autocomplete: "country-name", kind: "half" }),
  ];
  return {
    all,
    read() {
      const values = Object.fromEntries(all.map(({ input }) => [input.name, input.value.trim()]));
      const { firstname = "", lastname = "", email = "", street = "", street2 = "", ...rest } = values;
      // The API has one line for the street.
      const address = { street: [street, street2].filter(Boolean).join(", "), ...rest };
      return { firstname, lastname, email, address };
    },
  };
}
