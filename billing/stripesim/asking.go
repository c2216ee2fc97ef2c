package stripesim

import (
	"net/http"
	"slices"
	"strings"
)

// A nextAction is what the payer has to do before an intent can succeed.
type nextAction struct {
	Type         string                `json:"type"`
	BankTransfer *transferInstructions `json:"display_bank_transfer_instructions,omitempty"`
}

// transferInstructions say what to send where.
type transferInstructions struct {
	AmountRemaining       int64              `json:"amount_remaining"`
	Currency              string             `json:"currency"`
	FinancialAddresses    []financialAddress `json:"financial_addresses"`
	HostedInstructionsURL string             `json:"hosted_instructions_url"`
	Reference             string             `json:"reference"`
	Type                  string             `json:"type"`
}

// awaitsTransfer reports whether the intent is waiting for money in its customer's cash balance.
func (pi paymentIntent) awaitsTransfer() bool {
	return pi.Status == "requires_action" && pi.NextAction != nil && pi.NextAction.BankTransfer != nil
}

// createIntent makes and confirms an intent: with a saved card while its owner is not there, or with the cash balance.
func createIntent(c *call) (any, error) {
	pi := paymentIntent{head: c.head("payment_intent", "pi_"), Amount: c.amount("amount", true), CaptureMethod: "automatic", ConfirmationMethod: "automatic",
		Currency: c.currency("currency"), Customer: ref(c.required("customer")), Description: ref(c.text("description")), Metadata: c.metadata("metadata"),
		PaymentMethodTypes: c.params.list("payment_method_types"), ReceiptEmail: ref(c.text("receipt_email")), Status: "requires_payment_method",
		TransferGroup: ref(c.text("transfer_group"))}
	pi.ClientSecret = pi.ID + "_secret_" + newID("")
	if !c.boolean("confirm") {
		c.fail(malformed("confirm", "", "This stand-in makes intents with confirm=true only."))
	}
	if len(pi.PaymentMethodTypes) != 1 || !slices.Contains([]string{"card", "customer_balance"}, pi.PaymentMethodTypes[0]) {
		c.fail(malformed("payment_method_types", "", "This stand-in makes intents for card or customer_balance."))
		pi.PaymentMethodTypes = []string{"card"}
	}
	cu, ok := c.customers.of(c.owner, string(pi.Customer))
	if !ok {
		c.fail(missing("customer", string(pi.Customer), "customer"))
	}
	if pi.Amount > 0 && pi.Amount < smallestCharge {
		return nil, refused("amount_too_small", "Amount must be at least %s.", display(smallestCharge, pi.Currency))
	}
	if pi.PaymentMethodTypes[0] == "card" {
		return c.confirmCard(pi)
	}
	return c.confirmTransfer(pi, cu)
}

// confirmCard charges a saved card with nobody there.
func (c *call) confirmCard(pi paymentIntent) (any, error) {
	id, offSession := c.required("payment_method"), c.boolean("off_session")
	if !offSession {
		c.fail(malformed("off_session", "", "This stand-in confirms saved cards with off_session=true only."))
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	pm, ok := c.methods.of(c.owner, id)
	switch {
	case !ok:
		return nil, missing("PaymentMethod", id, "payment_method")
	case pm.Customer != pi.Customer:
		return nil, refused("payment_method_unexpected_state", "The PaymentMethod does not belong to the Customer. Attach it first.").on("payment_method")
	}
	c.emit(c.owner, "payment_intent.created", pi)
	reason := alone[pm.Number]
	pi = c.pay(c.owner, pi, card{Number: pm.Number, Email: string(pm.BillingDetails.Email), Name: string(pm.BillingDetails.Name),
		ExpMonth: pm.Card.ExpMonth, ExpYear: pm.Card.ExpYear, method: ref(pm.ID)}, reason)
	if pi.Status == "succeeded" {
		return pi, nil
	}
	code := "card_declined"
	if reason.code == "authentication_required" {
		code = reason.code
	}
	return nil, &apiError{Status: http.StatusPaymentRequired, Type: "card_error", Code: code, DeclineCode: reason.code, Message: reason.message,
		Charge: string(pi.LatestCharge), kept: true}
}

// confirmTransfer leaves the intent waiting for a bank transfer; nothing is applied by itself.
func (c *call) confirmTransfer(pi paymentIntent, cu customer) (any, error) {
	c.oneOf("payment_method_data[type]", "customer_balance")
	c.oneOf("payment_method_options[customer_balance][funding_type]", "bank_transfer")
	kind := c.required("payment_method_options[customer_balance][bank_transfer][type]")
	if kind != "jp_bank_transfer" || pi.Currency != "jpy" {
		c.fail(malformed("payment_method_options[customer_balance][bank_transfer][type]", "", "This stand-in knows jp_bank_transfer in jpy only."))
	}
	if cu.Mode != "manual" {
		c.fail(malformed("customer", "", "This stand-in reconciles by hand only: set the customer's reconciliation_mode to manual."))
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	pm := paymentMethod{head: c.head("payment_method", "pm_"), Balance: &struct{}{}, Metadata: map[string]string{}, Type: "customer_balance"}
	c.methods.put(c.tx, c.owner, pm)
	pi.PaymentMethod, pi.Status = ref(pm.ID), "requires_action"
	pi.NextAction = &nextAction{Type: "display_bank_transfer_instructions", BankTransfer: &transferInstructions{AmountRemaining: pi.Amount,
		Currency: pi.Currency, FinancialAddresses: []financialAddress{cu.address()}, HostedInstructionsURL: c.base + "/_bank-transfer/" + pi.ID,
		Reference: strings.ToUpper(pi.ID[len(pi.ID)-12:]), Type: kind}}
	c.intents.put(c.tx, c.owner, pi)
	c.emit(c.owner, "payment_intent.created", pi)
	c.emit(c.owner, "payment_intent.requires_action", pi)
	return pi, nil
}

// transferView is the page on which a person sends what an intent waits for.
type transferView struct {
	Intent       paymentIntent
	Instructions transferInstructions
	Address      zenginAddress
}

func (s *Server) showTransfer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	pi, ok := s.intents.get(r.PathValue("intent"))
	s.mu.Unlock()
	lang := languageOf(r, "")
	switch {
	case !ok:
		showMessage(w, http.StatusNotFound, lang, "not_found", "")
	case !pi.awaitsTransfer():
		showMessage(w, http.StatusOK, lang, "transfer_over", "")
	default:
		next := *pi.NextAction.BankTransfer
		showPage(w, http.StatusOK, "transfer.html", lang, transferView{pi, next, next.FinancialAddresses[0].Zengin})
	}
}

// sendTransfer is a person's bank sending money. It arrives in the cash balance, whatever the intent asked for.
func (s *Server) sendTransfer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	pi, ok := s.intents.get(r.PathValue("intent"))
	s.mu.Unlock()
	if !ok {
		showMessage(w, http.StatusNotFound, languageOf(r, ""), "not_found", "")
		return
	}
	amount, err := number(r.PostFormValue, "amount", 0)
	if err == nil {
		_, err = s.SendBankTransfer(BankTransfer{Customer: string(pi.Customer), Amount: amount, Reference: r.PostFormValue("reference"), Sender: r.PostFormValue("sender")})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	http.Redirect(w, r, "/_bank-transfer/sent", http.StatusSeeOther)
}

func transferSent(w http.ResponseWriter, r *http.Request) {
	showMessage(w, http.StatusOK, languageOf(r, ""), "transfer_sent", "")
}
