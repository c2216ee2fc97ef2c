package stripesim

import (
	"strconv"
	"strings"
)

// A customer is a payer whom the platform knows: saved cards and a cash balance hang on it. Its virtual account number is
// its own for ever; every bank transfer there lands in its cash balance.
type customer struct {
	head
	Balance          int64             `json:"balance"`
	DefaultSource    ref               `json:"default_source"`
	Delinquent       bool              `json:"delinquent"`
	Description      ref               `json:"description"`
	Email            ref               `json:"email"`
	Metadata         map[string]string `json:"metadata"`
	Name             ref               `json:"name"`
	PreferredLocales []string          `json:"preferred_locales"`
	TaxExempt        string            `json:"tax_exempt"`

	Mode   string           `json:"_reconciliation_mode"` // automatic or manual
	Cash   map[string]int64 `json:"_cash"`                // what may be applied, by currency
	Number string           `json:"_account_number"`      // of the virtual account
}

// A cashBalance is what a customer has sent and nothing was paid with yet.
type cashBalance struct {
	Object    string           `json:"object"`
	Available map[string]int64 `json:"available"`
	Customer  string           `json:"customer"`
	Livemode  bool             `json:"livemode"`
	Settings  cashSettings     `json:"settings"`
}

type cashSettings struct {
	Mode    string `json:"reconciliation_mode"`
	Default bool   `json:"using_merchant_default"`
}

func (cu customer) cashBalance() cashBalance {
	b := cashBalance{Object: "cash_balance", Customer: cu.ID, Settings: cashSettings{Mode: cu.Mode, Default: cu.Mode == "automatic"}}
	for currency, amount := range cu.Cash {
		if amount != 0 {
			if b.Available == nil {
				b.Available = map[string]int64{}
			}
			b.Available[currency] = amount
		}
	}
	return b
}

// read takes what a request says about a customer; what it does not name stays.
func (cu *customer) read(c *call) {
	for name, field := range map[string]*ref{"email": &cu.Email, "name": &cu.Name, "description": &cu.Description} {
		if v := c.text(name); c.has(name) {
			*field = ref(v)
		}
	}
	cu.Metadata = merged(cu.Metadata, c.metadata("metadata"))
	if locales := c.params.list("preferred_locales"); len(locales) > 0 {
		cu.PreferredLocales = locales
	}
	cu.readMode(c, "cash_balance[settings][reconciliation_mode]")
}

func (cu *customer) readMode(c *call, name string) {
	if mode := c.oneOf(name, "", "automatic", "manual", "merchant_default"); mode != "" {
		cu.Mode = strings.Replace(mode, "merchant_default", "automatic", 1)
	}
}

func createCustomer(c *call) (any, error) {
	cu := customer{head: c.head("customer", "cus_"), PreferredLocales: []string{}, TaxExempt: "none", Mode: "automatic", Cash: map[string]int64{}}
	cu.Number = accountNumber(cu.ID)
	cu.read(c)
	if err := c.check(); err != nil {
		return nil, err
	}
	c.customers.put(c.tx, c.owner, cu)
	c.emit(c.owner, "customer.created", cu)
	return cu, nil
}

// accountNumber makes seven digits of an id.
func accountNumber(id string) string {
	n := 0
	for _, r := range id {
		n = (n*31 + int(r)) % 9_000_000
	}
	return strconv.Itoa(1_000_000 + n)
}

func getCustomer(c *call) (any, error) {
	cu, ok := c.customers.of(c.owner, c.id)
	if !ok {
		return nil, missing("customer", c.id, "id")
	}
	return cu, nil
}

func updateCustomer(c *call) (any, error) {
	cu, ok := c.customers.of(c.owner, c.id)
	if !ok {
		return nil, missing("customer", c.id, "id")
	}
	cu.read(c)
	if err := c.check(); err != nil {
		return nil, err
	}
	c.customers.put(c.tx, c.owner, cu)
	c.emit(c.owner, "customer.updated", cu)
	return cu, nil
}

func listCustomers(c *call) (any, error) {
	email := ref(c.text("email"))
	return page(c, c.customers, "/v1/customers", func(cu customer) bool { return email == "" || cu.Email == email })
}

func getCashBalance(c *call) (any, error) {
	cu, ok := c.customers.of(c.owner, c.id)
	if !ok {
		return nil, missing("customer", c.id, "id")
	}
	return cu.cashBalance(), c.check()
}

func updateCashBalance(c *call) (any, error) {
	cu, ok := c.customers.of(c.owner, c.id)
	if !ok {
		return nil, missing("customer", c.id, "id")
	}
	cu.readMode(c, "settings[reconciliation_mode]")
	if err := c.check(); err != nil {
		return nil, err
	}
	c.customers.put(c.tx, c.owner, cu)
	return cu.cashBalance(), nil
}

// A financialAddress is where a bank transfer goes.
type financialAddress struct {
	SupportedNetworks []string      `json:"supported_networks"`
	Type              string        `json:"type"`
	Zengin            zenginAddress `json:"zengin"`
}

type zenginAddress struct {
	AccountHolderName string `json:"account_holder_name"`
	AccountNumber     string `json:"account_number"`
	AccountType       string `json:"account_type"`
	BankCode          string `json:"bank_code"`
	BankName          string `json:"bank_name"`
	BranchCode        string `json:"branch_code"`
	BranchName        string `json:"branch_name"`
}

func (cu customer) address() financialAddress {
	return financialAddress{SupportedNetworks: []string{"zengin"}, Type: "zengin", Zengin: zenginAddress{AccountHolderName: "ストライプジヤパン（カ",
		AccountNumber: cu.Number, AccountType: "futsu", BankCode: "0009", BankName: "テスト銀行", BranchCode: "950", BranchName: "代替支店"}}
}

// fundingInstructions are where a customer's transfers go, without any payment.
func fundingInstructions(c *call) (any, error) {
	cu, ok := c.customers.of(c.owner, c.id)
	if !ok {
		return nil, missing("customer", c.id, "id")
	}
	currency, kind := c.currency("currency"), c.required("bank_transfer[type]")
	c.oneOf("funding_type", "bank_transfer")
	c.params.list("bank_transfer[requested_address_types]")
	if currency != "jpy" || kind != "jp_bank_transfer" {
		c.fail(malformed("bank_transfer[type]", "", "This stand-in knows jp_bank_transfer in jpy only."))
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return map[string]any{"object": "funding_instructions", "currency": currency, "funding_type": "bank_transfer", "livemode": false,
		"bank_transfer": map[string]any{"country": "JP", "type": kind, "financial_addresses": []financialAddress{cu.address()}}}, nil
}
