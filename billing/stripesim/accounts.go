package stripesim

import (
	"maps"
	"slices"
	"strings"
)

// An account is a connected Express account in Japan.
type account struct {
	head
	BusinessProfile  businessProfile   `json:"business_profile"`
	BusinessType     ref               `json:"business_type"`
	Capabilities     map[string]string `json:"capabilities"` // by name: active or inactive
	ChargesEnabled   bool              `json:"charges_enabled"`
	Country          string            `json:"country"`
	DefaultCurrency  string            `json:"default_currency"`
	DetailsSubmitted bool              `json:"details_submitted"`
	Email            ref               `json:"email"`
	ExternalAccounts bankList          `json:"external_accounts"`
	Metadata         map[string]string `json:"metadata"`
	PayoutsEnabled   bool              `json:"payouts_enabled"`
	Requirements     requirements      `json:"requirements"`
	Settings         accountSettings   `json:"settings"`
	TOSAcceptance    tosAcceptance     `json:"tos_acceptance"`
	Type             string            `json:"type"`

	Gone bool `json:"_gone"` // its owner has taken the platform's access away
}

type businessProfile struct {
	MCC                ref `json:"mcc"`
	Name               ref `json:"name"`
	ProductDescription ref `json:"product_description"`
	SupportEmail       ref `json:"support_email"`
	URL                ref `json:"url"`
}

type requirements struct {
	CurrentDeadline     stamp    `json:"current_deadline"`
	CurrentlyDue        []string `json:"currently_due"`
	DisabledReason      ref      `json:"disabled_reason"`
	EventuallyDue       []string `json:"eventually_due"`
	PastDue             []string `json:"past_due"`
	PendingVerification []string `json:"pending_verification"`
}

type accountSettings struct {
	Payouts payoutSettings `json:"payouts"`
}

type payoutSettings struct {
	DebitNegativeBalances bool     `json:"debit_negative_balances"`
	Schedule              schedule `json:"schedule"`
	StatementDescriptor   ref      `json:"statement_descriptor"`
}

type tosAcceptance struct {
	Date             stamp `json:"date"`
	ServiceAgreement ref   `json:"service_agreement"`
}

type bankList struct {
	Object     string        `json:"object"`
	Data       []bankAccount `json:"data"`
	HasMore    bool          `json:"has_more"`
	TotalCount int           `json:"total_count"`
	URL        string        `json:"url"`
}

type bankAccount struct {
	ID                 string `json:"id"`
	Object             string `json:"object"`
	Account            string `json:"account"`
	AccountHolderName  ref    `json:"account_holder_name"`
	BankName           string `json:"bank_name"`
	Country            string `json:"country"`
	Currency           string `json:"currency"`
	DefaultForCurrency bool   `json:"default_for_currency"`
	Last4              string `json:"last4"`
	RoutingNumber      string `json:"routing_number"`
	Status             string `json:"status"`
}

// dueAtFirst is what a new account must still tell Stripe.
var dueAtFirst = []string{"business_type", "external_account", "individual.dob.day", "individual.dob.month", "individual.dob.year",
	"individual.first_name_kanji", "individual.last_name_kanji", "tos_acceptance.date", "tos_acceptance.ip"}

func due(fields []string, reason string) requirements {
	return requirements{CurrentlyDue: fields, EventuallyDue: fields, PastDue: fields, PendingVerification: []string{}, DisabledReason: ref(reason)}
}

func createAccount(c *call) (any, error) {
	a := account{head: c.head("account", "acct_"), Type: c.required("type"), Country: strings.ToUpper(c.text("country")), DefaultCurrency: "jpy",
		Capabilities: map[string]string{}, Metadata: map[string]string{}, Requirements: due(dueAtFirst, "requirements.past_due")}
	a.ExternalAccounts = bankList{Object: "list", Data: []bankAccount{}, URL: "/v1/accounts/" + a.ID + "/external_accounts"}
	a.Settings.Payouts.Schedule = schedule{Interval: "weekly", DelayDays: daysUntilAvailable, WeeklyAnchor: "friday"}
	if a.Country == "" {
		a.Country = "JP"
	}
	if a.Type != "express" {
		c.fail(malformed("type", "", "This stand-in has express accounts only, not %s.", a.Type))
	}
	if a.Country != "JP" {
		c.fail(malformed("country", "", "This stand-in has accounts in JP only, not %s.", a.Country))
	}
	if err := a.read(c); err != nil {
		return nil, err
	}
	c.accounts.put(c.tx, a.ID, a)
	return a, nil
}

// read takes over what creation and update have in common.
func (a *account) read(c *call) error {
	a.Metadata = merged(a.Metadata, c.metadata("metadata"))
	for name, field := range map[string]*ref{"email": &a.Email, "business_profile[mcc]": &a.BusinessProfile.MCC,
		"business_profile[name]": &a.BusinessProfile.Name, "business_profile[product_description]": &a.BusinessProfile.ProductDescription,
		"business_profile[support_email]": &a.BusinessProfile.SupportEmail, "business_profile[url]": &a.BusinessProfile.URL,
		"tos_acceptance[service_agreement]": &a.TOSAcceptance.ServiceAgreement} {
		if v := c.text(name); c.has(name) {
			*field = ref(v)
		}
	}
	if kind := c.oneOf("business_type", "", "individual", "company", "non_profit", "government_entity"); kind != "" {
		a.BusinessType = ref(kind)
	}
	c.swallow("individual") // prefilled answers: the onboarding page asks for none of them
	a.Capabilities = maps.Clone(a.Capabilities)
	for _, name := range []string{"transfers", "card_payments"} {
		a.request(c, name)
	}
	a.Settings.Payouts.Schedule.read(c)
	return c.check()
}

func (a *account) request(c *call, capability string) {
	param := "capabilities[" + capability + "][requested]"
	wanted := c.boolean(param)
	switch {
	case !c.has(param):
	case !wanted:
		delete(a.Capabilities, capability)
	case a.PayoutsEnabled:
		a.Capabilities[capability] = "active"
	default:
		a.Capabilities[capability] = "inactive"
	}
}

// accountOf returns the account in the path. The platform sees all its connected accounts, an account itself only.
func (c *call) accountOf(id string) (account, error) {
	a, ok := c.here(id)
	if !ok || c.owner != platform && c.owner != id {
		return a, &apiError{Status: 403, Type: "invalid_request_error", Code: "account_invalid",
			Message: "The provided key does not have access to account '" + id + "' (or that account does not exist)."}
	}
	return a, nil
}

func getAccount(c *call) (any, error) {
	return c.accountOf(c.id)
}

// getOwnAccount describes whoever is asking.
func getOwnAccount(c *call) (any, error) {
	if c.owner != platform {
		return c.accountOf(c.owner)
	}
	return account{head: head{ID: platformID, Object: "account"}, Country: "JP", DefaultCurrency: "jpy", Type: "standard",
		Capabilities: map[string]string{"card_payments": "active", "transfers": "active"}, ChargesEnabled: true, PayoutsEnabled: true,
		DetailsSubmitted: true, Metadata: map[string]string{}, Requirements: due([]string{}, ""),
		ExternalAccounts: bankList{Object: "list", Data: []bankAccount{}, URL: "/v1/accounts/" + platformID + "/external_accounts"},
		Settings:         accountSettings{payoutSettings{Schedule: schedule{Interval: "manual"}}}}, nil
}

func updateAccount(c *call) (any, error) {
	a, err := c.accountOf(c.id)
	if err != nil {
		return nil, err
	}
	if err := a.read(c); err != nil {
		return nil, err
	}
	c.save(a)
	return a, nil
}

func listAccounts(c *call) (any, error) {
	created := c.within("created")
	var all []account
	for _, r := range slices.Backward(c.accounts.rows) {
		if created(r.Body.Created) && !r.Body.Gone {
			all = append(all, r.Body)
		}
	}
	return cut(c, "/v1/accounts", all)
}

// save stores a changed account and says so.
func (t *tx) save(a account) {
	t.accounts.put(t, a.ID, a)
	t.emit(a.ID, "account.updated", a)
	t.planPayout(a, t.now)
}

// A capability is what an account may do, as an object of its own.
type capability struct {
	ID           string       `json:"id"`
	Object       string       `json:"object"`
	Account      string       `json:"account"`
	Requested    bool         `json:"requested"`
	RequestedAt  int64        `json:"requested_at"`
	Requirements requirements `json:"requirements"`
	Status       string       `json:"status"`
}

func (a account) capability(name string) capability {
	return capability{ID: name, Object: "capability", Account: a.ID, Requested: true, RequestedAt: a.Created, Requirements: a.Requirements, Status: a.Capabilities[name]}
}

func getCapability(c *call) (any, error) {
	a, err := c.accountOf(c.id)
	if err != nil {
		return nil, err
	}
	if a.Capabilities[c.sub] == "" {
		return nil, missing("capability", c.sub, "id")
	}
	return a.capability(c.sub), nil
}

func listCapabilities(c *call) (any, error) {
	a, err := c.accountOf(c.id)
	if err != nil {
		return nil, err
	}
	var all []any
	for _, name := range slices.Sorted(maps.Keys(a.Capabilities)) {
		all = append(all, a.capability(name))
	}
	return listing{url: "/v1/accounts/" + a.ID + "/capabilities", items: all}, nil
}
