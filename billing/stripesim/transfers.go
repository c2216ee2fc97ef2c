package stripesim

import "time"

// A transfer moves money from the platform's balance to a connected account's. It is final: there is no event that it was paid.
type transfer struct {
	head
	Amount             int64             `json:"amount"`
	AmountReversed     int64             `json:"amount_reversed"`
	BalanceTransaction ref               `json:"balance_transaction"`
	Currency           string            `json:"currency"`
	Description        ref               `json:"description"`
	Destination        string            `json:"destination"`
	DestinationPayment string            `json:"destination_payment"`
	Metadata           map[string]string `json:"metadata"`
	Reversals          reversalList      `json:"reversals"`
	Reversed           bool              `json:"reversed"`
	SourceTransaction  ref               `json:"source_transaction"`
	SourceType         string            `json:"source_type"`
	TransferGroup      ref               `json:"transfer_group"`
}

func createTransfer(c *call) (any, error) {
	tr := transfer{head: c.head("transfer", "tr_"), Amount: c.amount("amount", true), Currency: c.currency("currency"),
		Description: ref(c.text("description")), Destination: c.required("destination"), Metadata: c.metadata("metadata"),
		SourceTransaction: ref(c.text("source_transaction")), SourceType: c.oneOf("source_type", "card"), TransferGroup: ref(c.text("transfer_group"))}
	tr.Reversals = emptyReversals(tr.ID)
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.owner != platform {
		return nil, refused("", "This stand-in transfers from the platform only.")
	}
	available, err := c.coverTransfer(&tr)
	if err != nil {
		return nil, err
	}
	c.book(&tr, available)
	return tr, nil
}

// coverTransfer checks that the transfer may be made and returns when its money is available; zero means now.
func (c *call) coverTransfer(tr *transfer) (available time.Time, err error) {
	to, ok := c.here(tr.Destination)
	if !ok {
		return available, missing("destination", tr.Destination, "destination")
	}
	if to.Capabilities["transfers"] != "active" {
		return available, refused("insufficient_capabilities_for_transfer",
			"Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments").on("destination")
	}
	if tr.SourceTransaction != "" {
		return c.coverFromCharge(tr)
	}
	if c.balance(platform).Available[tr.Currency] < tr.Amount {
		return available, refused("balance_insufficient", "You have insufficient available funds in your Stripe account.")
	}
	return available, nil
}

// coverFromCharge checks a transfer against the charge it is tied to: never more than was charged in all.
func (c *call) coverFromCharge(tr *transfer) (available time.Time, err error) {
	ch, ok := c.charges.of(platform, string(tr.SourceTransaction))
	if !ok {
		return available, missing("charge", string(tr.SourceTransaction), "source_transaction")
	}
	if !ch.Paid {
		return available, refused("", "The charge %s has not succeeded, so it cannot be a source_transaction.", ch.ID).on("source_transaction")
	}
	if ch.Currency != tr.Currency {
		return available, refused("", "The currency of source_transaction's balance transaction (%s) must be the same as the transfer currency (%s)",
			ch.Currency, tr.Currency).on("currency")
	}
	if tr.TransferGroup != "" && ch.TransferGroup != "" && tr.TransferGroup != ch.TransferGroup {
		return available, refused("", "The transfer_group must be that of the source_transaction (%s).", ch.TransferGroup).on("transfer_group")
	}
	if left := ch.Amount - c.transferredFrom(ch.ID); tr.Amount > left {
		return available, refused("balance_insufficient",
			"You have insufficient funds for this transfer: %s is left of the charge %s.", display(left, ch.Currency), ch.ID).on("amount")
	}
	if tr.TransferGroup == "" {
		tr.TransferGroup = ch.TransferGroup
	}
	if tr.TransferGroup == "" {
		tr.TransferGroup = ref("group_" + ch.ID)
	}
	moved, _ := c.txns.get(string(ch.BalanceTransaction))
	return stamp(moved.AvailableOn).time(), nil
}

// transferredFrom sums what has been transferred of a charge and not been reversed.
func (t *tx) transferredFrom(charge string) (sum int64) {
	for _, tr := range t.transfers.all() {
		if string(tr.SourceTransaction) == charge {
			sum += tr.Amount - tr.AmountReversed
		}
	}
	return sum
}

// book writes the transfer on both sides: the platform's, and the payment it becomes on the connected account.
func (t *tx) book(tr *transfer, available time.Time) {
	tr.BalanceTransaction = t.post(platform, posting{kind: "transfer", source: tr.ID, amount: -tr.Amount, currency: tr.Currency,
		description: string(tr.Description), availableOn: available})
	py := charge{head: t.head("charge", "py_"), Amount: tr.Amount, AmountCaptured: tr.Amount, Captured: true, Currency: tr.Currency,
		Metadata: map[string]string{}, Paid: true, SourceTransfer: ref(tr.ID), Status: "succeeded"}
	py.BalanceTransaction = t.post(tr.Destination, posting{kind: "payment", source: py.ID, amount: py.Amount, currency: py.Currency,
		description: string(tr.Description), availableOn: available})
	tr.DestinationPayment = py.ID
	t.transfers.put(t, platform, *tr)
	t.charges.put(t, tr.Destination, py)
	t.emit(platform, "transfer.created", *tr)
	t.emit(tr.Destination, "payment.created", py)
}

func getTransfer(c *call) (any, error) {
	tr, ok := c.transfers.of(c.owner, c.id)
	if !ok {
		return nil, missing("transfer", c.id, "id")
	}
	return tr, nil
}

func listTransfers(c *call) (any, error) {
	destination, group := c.text("destination"), ref(c.text("transfer_group"))
	return page(c, c.transfers, "/v1/transfers", func(tr transfer) bool {
		return (destination == "" || tr.Destination == destination) && (group == "" || tr.TransferGroup == group)
	})
}

func updateTransfer(c *call) (any, error) {
	tr, ok := c.transfers.of(c.owner, c.id)
	if !ok {
		return nil, missing("transfer", c.id, "id")
	}
	tr.Metadata = merged(tr.Metadata, c.metadata("metadata"))
	if c.has("description") {
		tr.Description = ref(c.text("description"))
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.transfers.put(c.tx, c.owner, tr)
	c.emit(c.owner, "transfer.updated", tr)
	return tr, nil
}
