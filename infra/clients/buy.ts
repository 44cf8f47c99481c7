/** Buys a bottle with the generated TypeScript client: `node generated/buy.js <address of a shop>`. */

import createClient from "openapi-fetch";
import type { paths } from "./generated/typescript/shop.js";

const shop = createClient<paths>({ baseUrl: process.argv[2] ?? "http://127.0.0.1:8000" });

/** Return what a call answered; an error of the shop ends the program. */
function answered<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const username = `typescript-${crypto.randomUUID()}`;
const password = "correct horse 42";
answered(await shop.POST("/register", { body: { username, password, firstname: "Ada", lastname: "Byron" } }));
const login = answered(await shop.POST("/login", { body: { username, password } }));
const userid = login.token;
const headers = { Authorization: `Bearer ${login.access_token}` };

const products = answered(await shop.GET("/products"));
const bottle = products.data.find((product) => product.price === 34.99);
if (!bottle) throw new Error("no bottle");
const cart = [{ itemid: bottle.id, quantity: 1 }];
const path = { userid };
answered(await shop.POST("/cart/item/add/{userid}", { params: { path }, headers, body: cart[0] ?? { itemid: "" } }));
const { carttotal } = answered(await shop.GET("/cart/total/{userid}", { params: { path }, headers }));
const placed = answered(
  await shop.POST("/order/add/{userid}", {
    params: { path, header: { "Idempotency-Key": username } },
    headers,
    body: { cart, total: carttotal.toFixed(2), card: { number: "4111111111111111", expMonth: "12", expYear: "2030", ccv: "123" } },
  }),
);
console.log(placed.payment.message);
// Its answer has no body, and no data.
const cleared = await shop.POST("/cart/clear/{userid}", { params: { path }, headers });
if (!cleared.response.ok) throw new Error(JSON.stringify(cleared.error));
const order = { userid, order_id: placed.order_id };
const stored = answered(await shop.GET("/order/{userid}/{order_id}", { params: { path: order }, headers }));
console.log(stored.status);
