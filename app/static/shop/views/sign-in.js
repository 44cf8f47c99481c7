/** Logging in and registering. */

import { isLocalShop } from "../../client/card.js";
import { el } from "../../client/dom.js";
import { isShopError } from "../../client/errors.js";
import { emailError, Form, field, required } from "../form.js";
import { failureMessage } from "../messages.js";

/** @import { Context, View } from "../context.js" */

/** Customers of the seed; only a local shop has them. */
const DEMO_USERS = ["eric", "dwight", "han", "phoebe", "walter", "elaine"];
const DEMO_PASSWORD = "vmware1!";

/** @param {URLSearchParams} query */
function nextOf(query) {
  const next = query.get("next") ?? "";
  return next.startsWith("#/") ? next : "#/";
}
/** @param {string} view @param {string} next */
const addressOf = (view, next) => (next === "#/" ? `#/${view}` : `#/${view}?${new URLSearchParams({ next })}`);

/** @param {Context} context @returns {View} */
export const loginView =
  ({ api, router, onSignedIn }) =>
  ({ query, signal, show }) => {
    const next = nextOf(query);
    if (api.user) {
      router.go(next, { isReplacing: true });
      return;
    }
    const username = field({
      name: "username",
      label: "User name",
      autocomplete: "username",
      autocapitalize: "none",
      check: required("Who is there?"),
    });
    const password = field({
      name: "password",
      label: "Password",
      type: "password",
      autocomplete: "current-password",
      check: required("The password is missing."),
    });
    const form = new Form({
      fields: [username, password],
      submitLabel: "Log in",
      busyLabel: "Checking …",
      onSubmit: async () => {
        try {
          await api.signIn(username.value.trim(), password.value);
        } catch (failure) {
          if (!isShopError(failure) || failure.kind !== "sign in") throw failure;
          form.showError("This name and this password do not train together.");
          password.clear();
          username.focus();
          return;
        }
        await onSignedIn(next, signal);
      },
      messageOf: failureMessage,
    });
    const demo = isLocalShop(location.hostname)
      ? el(
          "fieldset",
          { class: "demo" },
          el("legend", {}, "Demo users ", el("small", {}, "(this is a local shop)")),
          ...DEMO_USERS.map((name) =>
            el(
              "button",
              {
                type: "button",
                class: "tag",
                onclick: () => {
                  username.value = name;
                  password.value = DEMO_PASSWORD;
                  form.clearErrors();
                },
              },
              name,
            ),
          ),
        )
      : "";
    show(
      "Log in",
      el(
        "section",
        { class: "sign-in" },
        el("h1", {}, "Good to see you move"),
        el(
          "p",
          {},
          query.has("next") ? "Log in and we go on where you were." : "Log in, and your cart keeps up with you.",
        ),
        form.element,
        demo,
        el(
          "p",
          { class: "aside" },
          "First time here? ",
          el("a", { href: addressOf("register", next) }, "Register"),
          ". It takes fewer seconds than a plank.",
        ),
      ),
    );
  };

/** @param {Context} context @returns {View} */
export const registerView =
  ({ api, router, onSignedIn }) =>
  ({ query, signal, show }) => {
    const next = nextOf(query);
    if (api.user) {
      router.go(next, { isReplacing: true });
      return;
    }
    const fields = {
      firstname: field({
        name: "firstname",
        label: "First name",
        autocomplete: "given-name",
        check: required("What do your friends call you?"),
        kind: "half",
      }),
      lastname: field({
        name: "lastname",
        label: "Last name",
        autocomplete: "family-name",
        check: required("And what does the bank call you?"),
        kind: "half",
      }),
      email: field({
        name: "email",
        label: "Email",
        hint: "optional",
        type: "email",
        autocomplete: "email",
        inputmode: "email",
        check: emailError,
      }),
      username: field({
        name: "username",
        label: "User name",
        autocomplete: "username",
        autocapitalize: "none",
        check: required("Pick a name for the door."),
      }),
      password: field({
        name: "password",
        label: "Password",
        type: "password",
        autocomplete: "new-password",
        check: required("Even a light one beats none."),
      }),
    };
    const form = new Form({
      fields: Object.values(fields),
      submitLabel: "Register",
      busyLabel: "Writing your card …",
      onSubmit: async () => {
        const { firstname, lastname, email, username, password } = fields;
        const profile = {
          firstname: firstname.value.trim(),
          lastname: lastname.value.trim(),
          email: email.value.trim(),
          username: username.value.trim(),
          password: password.value,
        };
        try {
          await api.register(profile);
        } catch (failure) {
          if (!isShopError(failure) || failure.kind !== "refused") throw failure;
          // The shop's message starts with the name of the field it is about.
          const name = failure.status === 409 ? "username" : (failure.message.split(":")[0] ?? "");
          const message = failure.status === 409 ? "Somebody trains under this name already." : failure.message;
          const field = new Map(Object.entries(fields)).get(name);
          if (field) form.showFieldError(field, message);
          else form.showError(message);
          return;
        }
        await api.signIn(profile.username, profile.password);
        await onSignedIn(next, signal);
      },
      messageOf: failureMessage,
    });
    show(
      "Register",
      el(
        "section",
        { class: "sign-in" },
        el("h1", {}, "Join. No contract, no scale."),
        el("p", {}, "A name, a password, and you are in."),
        form.element,
        el("p", { class: "aside" }, "One of us already? ", el("a", { href: addressOf("login", next) }, "Log in"), "."),
      ),
    );
  };
