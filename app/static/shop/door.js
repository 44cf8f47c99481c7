/** Logging in and registering. */

import { el } from "../client/dom.js";
import { isLocalShop } from "../client/card.js";
import { field, Form, isMissing, looksLikeEmail } from "./form.js";
import { failureLine } from "./words.js";

/** Everybody of the seed but the staff; a local shop has them, no other does. */
const DEMO_USERS = ["eric", "dwight", "han", "phoebe", "walter", "elaine"];
const DEMO_PASSWORD = "vmware1!";

const nextOf = (query) => (query.get("next")?.startsWith("#/") ? query.get("next") : "#/");
const addressOf = (door, next) => (next === "#/" ? `#/${door}` : `#/${door}?${new URLSearchParams({ next })}`);

export const loginView = ({ api, router, enter }) =>
  async ({ query, show }) => {
    const next = nextOf(query);
    if (api.user) {
      router.go(next, { isReplacing: true });
      return;
    }
    const username = field({ name: "username", label: "User name", autocomplete: "username", autocapitalize: "none", check: isMissing("Who is there?") });
    const password = field({ name: "password", label: "Password", type: "password", autocomplete: "current-password", check: isMissing("The password is missing.") });
    const form = new Form({
      fields: [username, password],
      submit: "Log in",
      busy: "Checking …",
      work: async () => {
        try {
          await api.signIn(username.value.trim(), password.value);
        } catch (failure) {
          if (failure.kind !== "sign in") throw failure;
          form.complain("This name and this password do not train together.");
          password.clear();
          username.focus();
          return;
        }
        await enter(next);
      },
      wordsOf: failureLine,
    });
    const demo = isLocalShop(location.hostname)
      ? el(
          "fieldset",
          { class: "demo" },
          el("legend", {}, "Demo users ", el("small", {}, "(this is a local shop)")),
          ...DEMO_USERS.map((name) =>
            el("button", { type: "button", class: "tag", onclick: () => { username.value = name; password.value = DEMO_PASSWORD; form.clear(); } }, name),
          ),
        )
      : "";
    show(
      "Log in",
      el(
        "section",
        { class: "door" },
        el("h1", {}, "Good to see you move"),
        el("p", {}, query.has("next") ? "Log in and we go on where you were." : "Log in, and your cart keeps up with you."),
        form.element,
        demo,
        el("p", { class: "aside" }, "First time here? ", el("a", { href: addressOf("register", next) }, "Register"), ". It takes fewer seconds than a plank."),
      ),
    );
  };

export const registerView = ({ api, router, enter }) =>
  async ({ query, show }) => {
    const next = nextOf(query);
    if (api.user) {
      router.go(next, { isReplacing: true });
      return;
    }
    const fields = {
      firstname: field({ name: "firstname", label: "First name", autocomplete: "given-name", check: isMissing("What do your friends call you?"), kind: "half" }),
      lastname: field({ name: "lastname", label: "Last name", autocomplete: "family-name", check: isMissing("And what does the bank call you?"), kind: "half" }),
      email: field({ name: "email", label: "Email", hint: "optional", type: "email", autocomplete: "email", inputmode: "email", check: looksLikeEmail }),
      username: field({ name: "username", label: "User name", autocomplete: "username", autocapitalize: "none", check: isMissing("Pick a name for the door.") }),
      password: field({ name: "password", label: "Password", type: "password", autocomplete: "new-password", check: isMissing("Even a light one beats none.") }),
    };
    const form = new Form({
      fields: Object.values(fields),
      submit: "Register",
      busy: "Writing your card …",
      work: async () => {
        const profile = Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, name === "password" ? each.value : each.value.trim()]));
        try {
          await api.register(profile);
        } catch (failure) {
          if (failure.kind !== "refused") throw failure;
          const about = failure.status === 409 ? "username" : failure.message.split(":")[0];
          const words = failure.status === 409 ? "Somebody trains under this name already." : failure.message;
          if (fields[about]) form.fault(fields[about], words);
          else form.complain(words);
          return;
        }
        await api.signIn(profile.username, profile.password);
        await enter(next);
      },
      wordsOf: failureLine,
    });
    show(
      "Register",
      el(
        "section",
        { class: "door" },
        el("h1", {}, "Join. No contract, no scale."),
        el("p", {}, "A name, a password, and you are in."),
        form.element,
        el("p", { class: "aside" }, "One of us already? ", el("a", { href: addressOf("login", next) }, "Log in"), "."),
      ),
    );
  };
