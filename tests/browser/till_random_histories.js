/**
 * Drawn lives of a sale, for test_till_random_histories.py: the till's own sale.js and order-sender.js
 * between staff who change their minds, a network that loses, delays and repeats, and a
 * browser that is loaded anew. Time is simulated, chance comes from a seed.
 *
 * The function answers what was broken, as a list of words; an empty one is good news.
 */
async ({ seed, histories }) => {
  const { OrderSender } = await import("/static/pos/order-sender.js");
  const life = { ...(await import("/static/pos/sale.js")), ...(await import("/static/pos/sale-transitions.js")) };
  const { loadSales, saveSales } = await import("/static/pos/sale-storage.js");
  const { ShopError } = await import("/static/client/errors.js");

  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  Math.random = random;
  const chance = (share) => random() < share;
  const pick = (...some) => some[Math.floor(random() * some.length)];

  // ---- time: what waits, waits in this list; the clock on the wall may be set meanwhile

  const HOUR = 3_600_000;
  let now = 0;
  let setBy = 0;
  let timers = [];
  window.setTimeout = (act, delay = 0) => {
    const timer = { at: now + delay, act };
    timers.push(timer);
    return timer;
  };
  window.clearTimeout = (timer) => {
    timers = timers.filter((each) => each !== timer);
  };
  const settle = async () => {
    for (let turn = 0; turn < 30; turn += 1) await null;
  };
  const pass = async (milliseconds) => {
    const end = now + milliseconds;
    await settle();
    for (;;) {
      const [next] = timers.sort((one, other) => one.at - other.at);
      if (!next || next.at > end) break;
      timers.shift();
      now = Math.max(now, next.at);
      next.act();
      await settle();
    }
    now = end;
  };

  // ---- the browser's disk: what it has may shrink, and grows as long as there is room

  let room = Infinity;
  const kept = () => localStorage.getItem("acme-till.1")?.length ?? 0;
  const write = Storage.prototype.setItem;
  Storage.prototype.setItem = function (place, text) {
    if (text.length > Math.max(room, kept())) throw new DOMException("full", "QuotaExceededError");
    write.call(this, place, text);
  };

  // ---- the shop: one order per user and key, as routers/orders.py has it

  const idOf = (userId, key) => `${userId} ${key}`;

  class FakeShop {
    orders = new Map();
    health = 1;

    #take(userId, order, key) {
      const id = idOf(userId, key);
      const earlier = this.orders.get(id);
      const text = JSON.stringify(order);
      if (earlier && earlier.text !== text) throw new ShopError("refused", { status: 422 });
      if (!earlier) {
        // A price that is another one for a moment.
        if (chance(0.1)) throw new ShopError("refused", { status: 400 });
        const made = { id, text, order, state: "pending", placedAt: now };
        this.orders.set(id, made);
        const decide = () => (made.state = order.card.number === GOOD ? "paid" : "declined");
        if (chance(0.8)) decide();
        else window.setTimeout(decide, random() * 20_000);
      }
      return this.orders.get(id);
    }

    async placeOrder(userId, order, key) {
      if (chance(0.3)) await new Promise((resolve) => window.setTimeout(resolve, random() * 5000));
      if (!chance(this.health)) {
        const fate = random();
        if (fate < 0.15) throw new ShopError("network");
        if (fate < 0.25) throw new ShopError("shop", { status: 503 });
        if (fate < 0.3) throw new ShopError("sign in", { status: 401 });
        if (fate < 0.8) {
          // Still on its way when the till gives up; a gateway lets nothing through later.
          window.setTimeout(() => {
            try {
              this.#take(userId, order, key);
            } catch (failure) {
              if (!failure.isFinal) throw failure;
            }
          }, random() * 30_000);
          throw new ShopError("network");
        }
        this.#take(userId, order, key);
        throw new ShopError("network");
      }
      const { id, state } = this.#take(userId, order, key);
      const payment = {
        paid: { success: "true", status: 200, transactionID: "t" },
        declined: { success: "false", status: 400, message: "creditcard has expired" },
        pending: { success: "false", status: 200, message: "pending payment" },
      }[state];
      return { order_id: id, payment };
    }

    #seen({ id, order, state, placedAt }) {
      const cart = order.cart.map(({ itemid, quantity }) => ({
        itemid,
        quantity,
        name: itemid,
        price: PRODUCTS[itemid] / 100,
      }));
      return {
        _id: id,
        state: state === "paid" ? pick("paid", "shipped", "delivered") : state,
        status: "creditcard has expired",
        transactionID: "t",
        address: order.address,
        cart,
        total: order.total,
        card: { type: "Visa", number: "**** 1111" },
        placedAt: new Date(placedAt).toISOString(),
      };
    }

    async getOrder(userId, id) {
      if (!chance(this.health)) throw new ShopError("network");
      return this.#seen(this.orders.get(id));
    }

    async findOrder(userId, key) {
      if (!chance(this.health)) throw new ShopError("network");
      const order = this.orders.get(idOf(userId, key));
      return order ? this.#seen(order) : null;
    }
  }

  const GOOD = "4111111111111111";
  const BAD = "4000000000000002";
  const PRODUCTS = { mat: 6250, ball: 11075, bottle: 3499 };
  const ERIC = { id: "eric", firstname: "Eric", lastname: "Cartman", email: "" };
  const productOf = (id) => ({ id, name: id, cents: PRODUCTS[id], image: "" });
  const summaryOf = (card) => ({ brand: "Visa", lastFour: card.number.slice(-4) });

  // ---- one history

  async function live() {
    const shop = new FakeShop();
    const references = new Set();
    const told = [];
    let sale = life.newSale("sale");
    let sender = null;
    let page = 0;
    // What the next customer had rung up into a sale that the one before has left.
    let nextGoods = null;
    let isSaved = true;
    let isLost = false;
    let isOff = false;
    // References under which the disk had a try that may have arrived.
    const safe = new Set();
    // Another customer's sale may take its share of the room.
    const other = { ...life.newSale("other"), lines: [{ ...productOf("ball"), quantity: 1 }] };
    const others = pick([], [other]);

    const check = () => {
      const orders = [...shop.orders.values()];
      const charged = orders.filter((each) => each.state === "paid");
      if (charged.length > 1) told.push(`charged ${charged.length} times`);
      if (sale.state === "paid" && charged.length !== 1) told.push("called paid, and it is not");
      if (["paid", "pending"].includes(sale.state)) {
        const known = shop.orders.get(sale.order.id);
        const isSame = known && known.order.total === textOf(life.totalCents(sale));
        if (!isSame) told.push("the sale on screen is not the one the shop has");
      }
      if (sale.state === "declined" && charged.length) told.push("called declined, and it is paid");
      const isNextLeftOut = nextGoods && !sale.lines.some(({ id }) => id === nextGoods);
      if (sale.state === "paid" && isNextLeftOut) told.push("called paid, and the next customer has not");
      if (isOff && ["open", "declined", "waiting"].includes(sale.state)) told.push(`called off, and ${sale.state}`);
      if (/\d{12}/.test(JSON.stringify(sale))) told.push("the card is in the sale");
    };
    const textOf = (cents) => `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;

    const apply = (event) => {
      const before = sale;
      sale = life.transition(sale, event);
      save();
      if (sale.reference) references.add(sale.reference);
      check();
      if (life.isInProgress(sale)) sender.process("sale");
      return sale !== before;
    };

    const recallOurs = () => loadSales().sales.find(({ id }) => id === "sale") ?? life.newSale("sale");

    const save = () => {
      isSaved = saveSales([...others, sale], "sale");
      const ours = recallOurs();
      if (life.isUnsettled(ours)) safe.add(ours.reference);
    };

    const load = () => {
      page += 1;
      const mine = page;
      sender?.stop();
      const before = sale;
      sale = recallOurs();
      isLost = life.isBlank(sale) && !life.isBlank(before);
      isOff &&= isSaved && !isLost;
      if (isLost && !life.isFinal(before)) {
        if (isSaved) told.push("lost, and it was called kept");
        if (safe.has(before.reference)) told.push("lost, and it was on disk");
      }
      sender = new OrderSender({
        shop,
        now: () => Math.round(now + setBy),
        ticks: () => now,
        read: () => (mine === page ? sale : null),
        apply: (id, event) => mine === page && apply(event),
      });
      if (life.isInProgress(sale)) sender.process("sale");
    };

    const charge = (number) => {
      const card = { number };
      sender.setCard("sale", card);
      const reference = `r${references.size}-${Math.floor(random() * 1e9)}`;
      apply({ type: "charge", reference, card: summaryOf(card) });
    };

    const hasLeft = () => life.isEmpty(sale) && life.isUnsettled(sale);
    const ringUp = (id) => {
      const isNext = hasLeft();
      if (apply({ type: "add", product: productOf(id), quantity: 1 }) && isNext) nextGoods = id;
    };
    const takeOut = (id) => {
      if (id === nextGoods) nextGoods = null;
      apply({ type: "quantity", id, quantity: 0 });
    };
    const callOff = () => {
      sender.deleteCard("sale");
      // What the shop has taken already cannot be called off any more.
      isOff ||= life.isUnsettled(sale) && sale.state !== "pending";
      apply({ type: "withdraw" });
      sender.retryNow();
    };

    // Often what gets two tries into the air, and what may then happen between them.
    const STAFF = [
      () => ringUp(pick(...Object.keys(PRODUCTS))),
      () => apply({ type: "quantity", id: "mat", quantity: pick(1, 3) }),
      () => takeOut("mat"),
      () => sale.lines.forEach(({ id }) => takeOut(id)),
      () => apply({ type: "customer", customer: pick(ERIC, life.WALK_IN) }),
      // Staff sign out, and others sign in: the customer's name goes and comes back.
      () => {
        apply({ type: "anonymize" });
        if (sale.customer.id === ERIC.id) apply({ type: "customer", customer: ERIC });
      },
      () => charge(pick(GOOD, GOOD, BAD)),
      () => charge(GOOD),
      () => charge(GOOD),
      () => load(),
      () => load(),
      () => sender.retryNow(),
      () => (setBy = pick(-HOUR, 0, HOUR)),
      () => (room = pick(kept(), kept() + Math.floor(random() * 600), Infinity)),
      () => callOff(),
    ];
    room = Infinity;
    save();
    load();
    shop.health = pick(0.2, 0.4, 0.8);
    apply({ type: "add", product: productOf("mat") });
    for (let act = 0; act < 20 && sale.state !== "void" && !isLost; act += 1) {
      pick(...STAFF)();
      await pass(random() * pick(100, 3000, 10_000, 60_000));
    }
    // In the end the network is back, and nothing is in the air any more.
    shop.health = 1;
    sender.retryNow();
    await pass(200_000);
    check();
    // Who was told that nothing is kept, and loaded the page anew, has seen the worst.
    if (isLost) return { told: [...new Set(told)], end: "lost" };
    if (life.isInProgress(sale)) told.push(`still ${sale.state} long after the network came back`);
    if (hasLeft()) {
      callOff();
      await pass(200_000);
      if (!life.isFinal(sale)) told.push(`${sale.state} after it was called off`);
    }
    if (sale.state === "void" && [...shop.orders.values()].some(({ state }) => state === "paid")) {
      told.push("dropped, and it is paid");
    }
    // More than once, if a bad card of before had arrived after all, or a price was wrong.
    for (let time = 0; time < 9 && life.isEditable(sale) && !life.isEmpty(sale); time += 1) {
      charge(GOOD);
      await pass(200_000);
    }
    if (!life.isFinal(sale) && !life.isEmpty(sale)) told.push(`${sale.state} after a good card`);
    sender.stop();
    await pass(100_000);
    return { told: [...new Set(told)], end: sale.state };
  }

  const broken = [];
  const ends = {};
  for (let number = 0; number < histories; number += 1) {
    const began = state;
    const { told, end } = await live();
    ends[end] = (ends[end] ?? 0) + 1;
    for (const words of told) broken.push(`${words} (seed ${began})`);
  }
  return { broken, ends };
};
