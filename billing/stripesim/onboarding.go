package stripesim

import "time"

// An accountLink leads a person to the onboarding page. It works once and not for long.
type accountLink struct {
	ID        string `json:"_id"`
	Object    string `json:"object"`
	Created   int64  `json:"created"`
	ExpiresAt int64  `json:"expires_at"`
	URL       string `json:"url"`

	Account    string `json:"_account"`
	RefreshURL string `json:"_refresh_url"`
	ReturnURL  string `json:"_return_url"`
	Used       bool   `json:"_used"`
}

func (l accountLink) objectID() string { return l.ID }

const linkLife = 5 * time.Minute

func createAccountLink(c *call) (any, error) {
	l := accountLink{ID: newID("link_"), Object: "account_link", Created: c.now.Unix(), ExpiresAt: c.now.Add(linkLife).Unix(),
		Account: c.required("account"), RefreshURL: c.required("refresh_url"), ReturnURL: c.required("return_url")}
	c.required("type")
	c.oneOf("type", "account_onboarding", "account_update")
	c.oneOf("collect", "currently_due", "eventually_due")
	c.swallow("collection_options")
	c.wantAddress("refresh_url")
	c.wantAddress("return_url")
	if err := c.check(); err != nil {
		return nil, err
	}
	if _, ok := c.here(l.Account); !ok {
		return nil, missing("account", l.Account, "account")
	}
	l.URL = c.base + "/_onboarding/" + l.Account + "?link=" + l.ID
	c.links.put(c.tx, l.Account, l)
	return l, nil
}

// onboard is the person having filled everything in: the account can receive transfers and payouts from now on.
func (t *tx) onboard(a account, holder string) {
	a.DetailsSubmitted, a.PayoutsEnabled = true, true
	a.ChargesEnabled = a.Capabilities["card_payments"] != ""
	if a.BusinessType == "" {
		a.BusinessType = "individual"
	}
	a.Requirements = due([]string{}, "")
	a.TOSAcceptance.Date = stamp(t.now.Unix())
	kind := "account.external_account.created"
	broken := len(a.ExternalAccounts.Data) > 0 && a.ExternalAccounts.Data[0].Status == "errored"
	if broken {
		kind = "account.external_account.updated"
	}
	if broken || len(a.ExternalAccounts.Data) == 0 {
		a.ExternalAccounts.Data = []bankAccount{{ID: newID("ba_"), Object: "bank_account", Account: a.ID, AccountHolderName: ref(holder),
			BankName: "STRIPE TEST BANK", Country: "JP", Currency: a.DefaultCurrency, DefaultForCurrency: true, Last4: "1234",
			RoutingNumber: "1100000", Status: "new"}}
		a.ExternalAccounts.TotalCount = 1
		t.emit(a.ID, kind, a.ExternalAccounts.Data[0])
	}
	t.setCapabilities(a, "active")
}

// restrict is Stripe finding something wrong with an account: no transfers to it and no payouts until it is onboarded again.
func (t *tx) restrict(a account) {
	a.PayoutsEnabled, a.ChargesEnabled = false, false
	a.Requirements = due([]string{"individual.verification.document"}, "requirements.past_due")
	t.setCapabilities(a, "inactive")
}

func (t *tx) setCapabilities(a account, status string) {
	changed := map[string]string{}
	for name := range a.Capabilities {
		changed[name] = status
	}
	a.Capabilities = changed
	t.save(a)
	for name := range changed {
		t.emit(a.ID, "capability.updated", a.capability(name))
	}
}
