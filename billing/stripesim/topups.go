package stripesim

// A topup is the platform paying money into its own balance. Here it arrives at once.
type topup struct {
	head
	Amount                int64             `json:"amount"`
	BalanceTransaction    ref               `json:"balance_transaction"`
	Currency              string            `json:"currency"`
	Description           ref               `json:"description"`
	ExpectedAvailableDate int64             `json:"expected_availability_date"`
	Metadata              map[string]string `json:"metadata"`
	Status                string            `json:"status"`
}

func createTopup(c *call) (any, error) {
	amount, currency, description, metadata := c.amount("amount", true), c.currency("currency"), c.text("description"), c.metadata("metadata")
	if err := c.check(); err != nil {
		return nil, err
	}
	return c.topUp(amount, currency, description, metadata), nil
}

func (t *tx) topUp(amount int64, currency, description string, metadata map[string]string) topup {
	tu := topup{head: t.head("topup", "tu_"), Amount: amount, Currency: currency, Description: ref(description), ExpectedAvailableDate: t.now.Unix(),
		Metadata: metadata, Status: "succeeded"}
	tu.BalanceTransaction = t.post(platform, posting{kind: "topup", source: tu.ID, amount: amount, currency: currency, description: description})
	t.topups.put(t, platform, tu)
	t.emit(platform, "topup.succeeded", tu)
	return tu
}

func getTopup(c *call) (any, error) {
	tu, ok := c.topups.of(c.owner, c.id)
	if !ok {
		return nil, missing("topup", c.id, "id")
	}
	return tu, nil
}

func listTopups(c *call) (any, error) {
	return page(c, c.topups, "/v1/topups", func(topup) bool { return true })
}
