// Package billing turns an accepted bid into a contract and moves its money: milestones, a double-entry ledger, the
// calls to the payment provider, payouts and their reconciliation.
//
// It knows no HTTP, ranks nobody, and speaks to the provider through [Gateway] alone, in its own terms. It holds no
// card numbers, and bank accounts only sealed. The rates, thresholds and days that Japanese law fixes are dated rows in the
// database; as one value, [Rules], they compute every statutory figure (rules.go, tax.go, withholding.go, due.go).
//
// Three things to know:
//
//   - States are data. Every noun's life is a [Machine]: who may move it, from where to where, under which guard, and
//     who or what keeps it from standing still (contract.go, milestone.go, operation.go, payout.go).
//   - Money moves in three steps, each its own transaction or call: an [Operation] is committed with its idempotency
//     key; then the provider is called, outside any transaction; then one settle function posts the balanced entry,
//     once. Webhook, look-up job and the request itself all end in that same settle function, in any order.
//   - The ledger only grows. An [Entry] has a unique source ("charge:ch_…"), so settling twice posts once; the database
//     refuses an entry that does not sum to zero per currency, and any change to one.
package billing
