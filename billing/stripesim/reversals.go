package stripesim

import "slices"

// A transferReversal takes a transfer back, in whole or in part.
type transferReversal struct {
	head
	Amount                   int64             `json:"amount"`
	BalanceTransaction       ref               `json:"balance_transaction"`
	Currency                 string            `json:"currency"`
	DestinationPaymentRefund ref               `json:"destination_payment_refund"`
	Metadata                 map[string]string `json:"metadata"`
	SourceRefund             ref               `json:"source_refund"`
	Transfer                 string            `json:"transfer"`
}

// A reversalList is the list of reversals inside a transfer.
type reversalList struct {
	Object     string             `json:"object"`
	Data       []transferReversal `json:"data"`
	HasMore    bool               `json:"has_more"`
	TotalCount int                `json:"total_count"`
	URL        string             `json:"url"`
}

func emptyReversals(transfer string) reversalList {
	return reversalList{Object: "list", Data: []transferReversal{}, URL: "/v1/transfers/" + transfer + "/reversals"}
}

func createReversal(c *call) (any, error) {
	tr, ok := c.transfers.of(c.owner, c.id)
	if !ok {
		return nil, missing("transfer", c.id, "id")
	}
	left := tr.Amount - tr.AmountReversed
	amount := c.amount("amount", false)
	if amount == 0 {
		amount = left
	}
	rev := transferReversal{head: c.head("transfer_reversal", "trr_"), Amount: amount, Currency: tr.Currency, Metadata: c.metadata("metadata"), Transfer: tr.ID}
	c.text("description")
	if err := c.check(); err != nil {
		return nil, err
	}
	if _, ok := c.here(tr.Destination); !ok {
		return nil, refused("account_invalid", "The account %s is not connected to your platform any more.", tr.Destination)
	}
	sheet := c.balance(tr.Destination)
	switch {
	case left == 0:
		return nil, refused("", "The transfer %s is already fully reversed.", tr.ID)
	case amount > left:
		return nil, refused("amount_too_large", "Reversal amount (%s) is greater than unreversed amount on transfer (%s)",
			display(amount, tr.Currency), display(left, tr.Currency)).on("amount")
	case sheet.Available[tr.Currency]+sheet.Pending[tr.Currency] < amount:
		return nil, refused("balance_insufficient", "The destination account has insufficient funds to reverse this transfer.")
	}
	return c.reverse(tr, rev), nil
}

// reverse books the reversal on both sides. What had not become available yet goes back pending as well.
func (t *tx) reverse(tr transfer, rev transferReversal) transferReversal {
	moved, _ := t.txns.get(string(tr.BalanceTransaction))
	available := t.now
	if moved.Status == "pending" {
		available = stamp(moved.AvailableOn).time()
	}
	rev.BalanceTransaction = t.post(platform, posting{kind: "transfer_refund", source: rev.ID, amount: rev.Amount, currency: rev.Currency, availableOn: available})

	py, _ := t.charges.get(tr.DestinationPayment)
	back := refund{head: t.head("refund", "pyr_"), Amount: rev.Amount, Charge: ref(py.ID), Currency: rev.Currency, Metadata: map[string]string{}, Status: "succeeded",
		SourceTransferReversal: ref(rev.ID)}
	back.BalanceTransaction = t.post(tr.Destination, posting{kind: "payment_refund", source: back.ID, amount: -rev.Amount, currency: rev.Currency, availableOn: available})
	rev.DestinationPaymentRefund = ref(back.ID)
	py.AmountRefunded += rev.Amount
	py.Refunded = py.AmountRefunded == py.Amount
	t.refunds.put(t, tr.Destination, back)
	t.charges.put(t, tr.Destination, py)

	tr.AmountReversed += rev.Amount
	tr.Reversed = tr.AmountReversed == tr.Amount
	tr.Reversals.Data = slices.Insert(slices.Clone(tr.Reversals.Data), 0, rev)
	tr.Reversals.TotalCount++
	t.reversals.put(t, platform, rev)
	t.transfers.put(t, platform, tr)
	t.emit(platform, "transfer.reversed", tr)
	return rev
}

func getReversal(c *call) (any, error) {
	rev, ok := c.reversals.of(c.owner, c.sub)
	if !ok || rev.Transfer != c.id {
		return nil, missing("transfer reversal", c.sub, "id")
	}
	return rev, nil
}

func listReversals(c *call) (any, error) {
	tr, ok := c.transfers.of(c.owner, c.id)
	if !ok {
		return nil, missing("transfer", c.id, "id")
	}
	return cut(c, tr.Reversals.URL, tr.Reversals.Data)
}
