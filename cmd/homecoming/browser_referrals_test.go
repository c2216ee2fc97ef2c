package main

import (
	"strings"
	"testing"
)

// broughtBorrower plays the bank's programme: who lent there once introduces a well-prepared borrower, who agrees from a
// letter without an account; the desk follows them until they are a customer, and the fee is paid as work is.
func (s *stage) broughtBorrower(t *testing.T) {
	office := s.enter(t, "office@minato.example", "en", 1280)
	makeProgramme(office)
	alumna := s.enter(t, "alumna@minato.example", "ja", 390)
	referral := introduceBorrower(alumna)
	s.agreeByLetter(t, alumna, referral)
	s.comeSecond(t)
	desk := s.enter(t, "manager@minato.example", "en", 1280)
	winBorrower(desk, alumna, referral)
	s.hearOfIt(t)
	contract := agreeOnFee(desk, alumna, referral)
	payFee(desk, alumna, contract, referral)
	office.open("/referrals/report")
	office.want("Borrowers who are ready", "¥4,000,000", "¥120,000", "Became customers")
	office.shoot("referral-report")
}

// makeProgramme has the office say whom it wants to be introduced to, what they should have ready, and what it pays.
func makeProgramme(office *person) {
	office.t.Helper()
	office.open("/referrals")
	office.press(`a[href="/referrals/programmes/new"], a[href="/referrals/programmes"]`)
	if !office.has(`form[name="programme"]`) {
		office.press(`a[href="/referrals/programmes/new"]`)
	}
	office.fill("name", "融資をお考えの法人のお客様")
	office.page.MustElement("details.why > summary").MustClick()
	office.fill("name_en", "Borrowers who are ready")
	office.fill("stages[0].name", "面談")
	office.fill("stages[0].name_en", "First meeting")
	office.fill("stages[1].name", "審査")
	office.fill("stages[1].name_en", "Credit review")
	office.fill("checklist[0].text", "直近3期分の決算書がある")
	office.fill("checklist[0].text_en", "Three annual accounts are at hand")
	office.tick("checklist[0].required", "1")
	office.fill("checklist[1].text", "資金の使い道の資料がある")
	office.fill("checklist[1].text_en", "There is a paper on what the money is for")
	office.tick("fee.kind", "fixed")
	office.fill("fee.amount", "120,000")
	office.shoot("programme-form")
	office.send(`form[name="programme"]`)
	office.want("Borrowers who are ready", "¥120,000 once they become a customer")
}

// introduceBorrower has the alumna introduce a customer, whom the programme wants to be ready; it returns where the referral is.
func introduceBorrower(alumna *person) string {
	alumna.t.Helper()
	alumna.open("/referrals")
	alumna.press(`a[href="/referrals/new"]`)
	alumna.want("融資をお考えの法人のお客様", "直近3期分の決算書がある（必須）")
	alumna.fill("organisation", "株式会社汐見フーズ")
	alumna.fill("contact_name", "汐見 香織")
	alumna.fill("contact_email", "shiomi@shiomi-foods.example")
	alumna.fill("why", "新しい冷凍倉庫の資金を探しておられます。決算は3期とも黒字です。")
	alumna.send(`form[name="referral"]`)
	alumna.want("準備項目です")
	alumna.tick("ready[0]", "1")
	alumna.send(`form[name="referral"]`)
	alumna.want("株式会社汐見フーズ", "紹介先の同意待ち")
	alumna.shoot("referral-sent")
	return alumna.path()
}

// agreeByLetter has the customer read what is said of them and say yes, on a phone and without an account. Until then nobody
// of the company sees them.
func (s *stage) agreeByLetter(t *testing.T, alumna *person, referral string) {
	t.Helper()
	desk := s.enter(t, "approver@minato.example", "en", 1280)
	desk.open(referral)
	desk.without("汐見", "shiomi")
	customer := s.stranger(t, 390)
	link := s.letter(t, "shiomi@shiomi-foods.example", "汐見", "/introductions/")
	customer.follow(link + "?lang=ja")
	customer.want("Minato Partnersへのご紹介について", "新しい冷凍倉庫", "紹介者とのご関係", "利害関係なし", "成約時に¥120,000")
	customer.shoot("introduction-ja")
	customer.follow(link + "?lang=en")
	customer.want("May you be introduced to Minato Partners?", "Three annual accounts are at hand", "no interest of their own", "¥120,000 once they become a customer")
	customer.shoot("introduction-en")
	customer.press(`form[name="consent"] button[value="yes"]`)
	customer.want("Minato Partners knows of you now")
	customer.shoot("introduction-yes")
	customer.follow(link)
	customer.want("You are introduced to Minato Partners", "Take my yes back")
	customer.shoot("introduction-again")
	alumna.open(referral)
	alumna.want("面談", "ほかの方は紹介できません")
}

// comeSecond has somebody else introduce the same customer, spelt otherwise and by another address: first come, first served.
func (s *stage) comeSecond(t *testing.T) {
	t.Helper()
	late := s.enter(t, "alumni003@minato.example", "ja", 390)
	late.open("/referrals/new")
	late.fill("organisation", "(株)汐見フーズ")
	late.fill("contact_name", "汐見 香織")
	late.fill("contact_email", "kaori@shiomi-foods.example")
	late.fill("why", "倉庫の資金のご相談です。")
	late.tick("ready[0]", "1")
	late.send(`form[name="referral"]`)
	late.want("すでに別の方の紹介で対応中です")
	late.without("高橋")
	late.shoot("referral-second")
}

// winBorrower takes the borrower through the stages and the checklist. What the company notes for itself stays with it.
func winBorrower(desk, alumna *person, referral string) {
	desk.t.Helper()
	desk.open("/referrals/board")
	desk.want("株式会社汐見フーズ", "First meeting")
	desk.open(referral)
	desk.fill("stage_id", "Credit review")
	desk.fill("told", "来週、審査の結果が出ます。")
	desk.fill("note", "Collateral is thin.")
	desk.send(`form[name="move"]`)
	alumna.open(referral)
	alumna.want("審査", "来週、審査の結果が出ます。", "まだ")
	alumna.without("Collateral")
	desk.tick("ready[1]", "1")
	desk.send(`form[name="ready"]`)
	desk.want("readiness looked at", "Collateral is thin.")
	desk.shoot("referral-desk")
	alumna.open(referral)
	alumna.want("準備状況を確認")
	alumna.without("まだ", "Collateral")
	desk.press(`form[name="end"] button[value="win"]`)
	desk.fill("revenue", "4,000,000")
	desk.send(`form[name="revenue"]`)
	desk.want("¥4,000,000", "¥120,000")
}

// hearOfIt has the alumna find in her letters how it went.
func (s *stage) hearOfIt(t *testing.T) {
	t.Helper()
	for _, news := range []string{"agreed to be introduced", "the stage “Credit review”", "Everything is there", "became a customer of Minato Partners"} {
		s.letter(t, "alumna@minato.example", news, "/referrals/")
	}
}

// agreeOnFee offers the fee that follows, which the alumna accepts as it is; it returns where the contract is.
func agreeOnFee(desk, alumna *person, referral string) string {
	desk.t.Helper()
	desk.press(`form[name^="fee-"] button`)
	if desk.has(`form[name="revenue"]`) {
		desk.t.Error("the revenue of a fee that is offered can still be reported")
	}
	alumna.open(referral)
	alumna.press(`#fees a[href^="/bids/"]`)
	alumna.want("この条件で承諾する", "紹介料を辞退する", "¥132,000")
	alumna.without("採用する", "応募を取り下げる")
	alumna.shoot("fee-offer")
	alumna.send(`form[name="accept"]`)
	if !strings.HasPrefix(alumna.path(), "/contracts/") {
		alumna.t.Fatalf("accepting the fee leads to %s", alumna.path())
	}
	return alumna.path()
}

// payFee funds the contract, has it delivered and accepted; the referral says at each step where the money is.
func payFee(desk, alumna *person, contract, referral string) {
	desk.t.Helper()
	alumna.open(referral)
	alumna.want("未入金")
	desk.open(contract)
	payByHand(desk, contract)
	alumna.open(referral)
	alumna.want("入金済み")
	alumna.open(contract)
	alumna.want("納品物は不要です")
	alumna.shoot("fee-paid-in")
	alumna.send(`form[name="submit"]`)
	desk.open(contract)
	desk.send(`form[name="accept-work"]`)
	alumna.until(contract, `[data-state="paid"]`)
	alumna.open(referral)
	alumna.want("支払済み")
	alumna.shoot("fee-paid")
}
