package market

import (
	"slices"
	"strings"

	"homecoming/internal/problem"
)

// A Payee is who receives a fee, as far as taxes ask: what the person says of themselves, and what the terms of a
// contract keep of it. The zero Payee is an individual who lives in Japan and issues no qualified invoices.
type Payee struct {
	Registered  bool `json:"registered"`             // has a qualified-invoice number
	Corporate   bool `json:"corporate,omitempty"`    // contracts through a corporation: nothing is withheld
	NonResident bool `json:"non_resident,omitempty"` // lives abroad: a rate of its own is withheld
}

// ErrCheckDigit is a corporation's number that was mistyped.
var ErrCheckDigit = problem.Define(problem.Invalid, "registration_number_check",
	"{value} is no corporation's number: the first digit after the T does not fit the others. Look at it again, or leave the corporation's name empty if you are paid as an individual.",
	"{value}は法人の登録番号として正しくありません（検査数字の不一致）。番号を確認するか、個人として受け取る場合は法人名を空欄にしてください。")

// Payee is what the person is for taxes.
func (p Person) Payee() Payee {
	return Payee{Registered: p.RegistrationNumber != "", Corporate: p.CorporateName != "", NonResident: p.NonResident}
}

// TradesAs is the name on what is agreed with the person and paid to them: the corporation that they contract through,
// with who represents it.
func (p Person) TradesAs() string {
	return strings.TrimSpace(p.CorporateName + " " + p.Name())
}

// checkRegistration refuses a qualified-invoice number that cannot be the person's.
func (p Person) checkRegistration() error {
	switch n := p.RegistrationNumber; {
	case n == "" || ValidRegistration(n, p.CorporateName != ""):
		return nil
	case ValidRegistration(n, false):
		return ErrCheckDigit.On("registration_number").With("value", n)
	}
	return ErrTaxNumber.On("registration_number")
}

// ValidRegistration reports whether a qualified-invoice number is well formed: T and 13 digits, and for a corporation
// the check digit in front. Individuals' numbers carry no check digit that is published.
func ValidRegistration(number string, corporation bool) bool {
	digits, ok := strings.CutPrefix(number, "T")
	if !ok || len(digits) != 13 || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	return !corporation || int(digits[0]-'0') == corporateCheckDigit(digits[1:])
}

// corporateCheckDigit is 9 − (Σ PₙQₙ mod 9) over twelve digits counted from the right, Q being 1 and 2 in turn.
func corporateCheckDigit(twelve string) int {
	sum := 0
	for n, c := range slices.Backward([]byte(twelve)) {
		sum += int(c-'0') * (1 + (len(twelve)-1-n)%2)
	}
	return 9 - sum%9
}
