package books

// The names that each program has from the start, or that its users give most often. A company changes what it calls
// otherwise.

var inJapanese = map[Role]string{Advance: "前渡金", Outsourcing: "外注費", Withheld: "預り金", Commission: "支払手数料", Bank: "普通預金",
	Receivable: "未収入金", Payable: "未払金", Suspense: "仮払金", Claimed: "仮受金", OtherIncome: "雑収入"}

var inEnglish = map[Role]string{Advance: "Prepaid expenses", Outsourcing: "Subcontractors", Withheld: "Withholding tax payable",
	Commission: "Commissions and fees", Bank: "Checking", Receivable: "Other receivables", Payable: "Accrued liabilities",
	Suspense: "Suspense payments", Claimed: "Suspense receipts", OtherIncome: "Other income", InputTax: "Input tax recoverable"}

// shares are the parts of the tax that may be deducted, as the keys name them: all of it from a registered supplier,
// and what the transition leaves from others.
var shares = []string{"full", "80", "70", "50", "30", "0"}

// DefaultChart is what a company begins with. language is that of its books: ja or en.
func DefaultChart(t Target, language string) Chart {
	c := Chart{Target: t, Accounts: map[Role]string{}, Subs: map[Role]string{}, Taxes: map[string]string{}, Invoices: map[string]string{},
		Departments: map[string]string{}, Dimension: "department"}
	names := inJapanese
	if t == ToQuickBooks || t == ToJournal && language == "en" {
		names = inEnglish
	}
	for _, r := range Roles(t) {
		c.Accounts[r] = names[r]
	}
	if t == ToFreee {
		c.Accounts[Wallet] = "Homecoming"
	}
	if t != ToQuickBooks && names[Withheld] == inJapanese[Withheld] {
		c.Subs[Withheld] = "源泉所得税"
	}
	for _, share := range shares {
		key := "purchase-10-" + share
		c.Taxes[key], c.Invoices[key] = taxNames(t, share)
	}
	c.Taxes["none"], c.Invoices["none"] = "対象外", ""
	if t == ToQuickBooks {
		c.Taxes, c.Invoices = map[string]string{}, map[string]string{}
	}
	return c
}

// Owning is the chart with one of the company's bank accounts, as name calls it here: a sub-account, of 当座預金 where it is
// a current account. In freee, where money moves on wallets (口座), it is an account of that name.
func (c Chart) Owning(key, name string, current bool) Chart {
	var own OwnAccount
	switch {
	case c.Target == ToFreee:
		own.Account = name
	case current && c.Accounts[Bank] == inJapanese[Bank]:
		own = OwnAccount{"当座預金", name}
	default:
		own.Sub = name
	}
	return c.With(OwnField, key, own.Account).With(OwnSubField, key, own.Sub)
}

// taxNames are 税区分 and インボイス for a share at 10 %. Yayoi writes both into one, for books kept with tax in the
// amounts (税込経理); freee says the share alone.
func taxNames(t Target, share string) (tax, invoice string) {
	switch t {
	case ToFreee:
		switch share {
		case "full":
			return "課対仕入10%", ""
		case "0":
			return "対象外", ""
		}
		return "課対仕入（控" + share + "）10%", ""
	case ToYayoi:
		switch share {
		case "full":
			return "課対仕入込10%適格", ""
		case "0":
			return "課対仕入込10%区分控不", ""
		}
		return "課対仕入込10%区分" + share + "%", ""
	}
	switch share {
	case "full":
		return "課税仕入 10%", "適格"
	case "0":
		return "課税仕入 10%", "控除不可"
	}
	return "課税仕入 10%", share + "%控除"
}
