package main

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// noCollusion plays a network that must not even look like collusion: rules that everybody is asked to keep, a manager who cannot
// take a former colleague's offer alone, somebody whom a conflict of interest keeps out, a directory in which people hide what
// they like, and a desk that listens to reports.
func (s *stage) noCollusion(t *testing.T) {
	manager := s.enter(t, "manager@hokuto.example", "en", 1280)
	office := s.enter(t, "office@hokuto.example", "ja", 1280)
	nameColleagues(office)
	nishi := s.joins(t, "shiro.nishi@mail.example", "ja", 390)
	s.publishConduct(t, nishi)
	task := s.keepOut(t, office, manager)
	bid := bidAsFormer(nishi, manager, task)
	s.secondPerson(t, manager, bid)
	s.hideFields(t, office, nishi)
	s.reportIt(t, manager, nishi)
}

const colleaguesFile = `email,family_name,given_name,family_kana,given_kana,department,joined_on,left_on,skills
manager@hokuto.example,佐藤,真理,サトウ,マリ,設計部,2012-04-01,,機械設計
shiro.nishi@mail.example,西,史郎,ニシ,シロウ,設計部,2008-04-01,2021-03-31,機械設計;CAD
asako.kita@mail.example,北,朝子,キタ,アサコ,品質保証部,2010-04-01,2023-03-31,機械設計
`

// nameColleagues has the file say that the manager worked in one department with somebody who left.
func nameColleagues(office *person) {
	office.t.Helper()
	office.upload(colleaguesFile)
	office.confirm()
	office.invite("北 朝子")
	office.invite("西 史郎")
}

// publishConduct has the administrator publish rules, and one of those who are asked agree to them.
func (s *stage) publishConduct(t *testing.T, nishi *person) {
	t.Helper()
	admin := s.enter(t, "admin@hokuto.example", "en", 1280)
	admin.open("/settings/conduct")
	admin.fill("text", "## 利益相反\n\n発注する方と受ける方が知り合いのときは、必ず申し出てください。")
	admin.fill("text_en", "## Conflicts of interest\n\nWhoever gives work to somebody they know says so.")
	admin.fill("change", "Whoever knows the other side says so.")
	admin.send(`form[name="conduct"]`)
	admin.want("Everybody is asked to agree")
	before := agreed(admin)
	nishi.open("/work")
	nishi.want("北斗製作所の行動規範")
	nishi.press(`a[href^="/conduct/"]`)
	nishi.want("必ず申し出てください")
	nishi.shoot("conduct-read")
	nishi.send(`form[name="agree"]`)
	nishi.want("に同意済みです")
	nishi.open("/work")
	nishi.without("北斗製作所の行動規範")
	admin.open("/settings/conduct")
	if now := agreed(admin); now != before+1 {
		t.Errorf("%d agreed, and now %d", before, now)
	}
}

// agreed is how many agreed to the rules that hold.
func agreed(admin *person) int {
	return admin.page.MustEval(`() => Number([...document.querySelectorAll("dl.line dt")].find(e => e.innerText == "To what holds now").nextElementSibling.innerText)`).Int()
}

// keepOut flags a conflict of interest: who has one never learns of the task, nor that they were flagged. It returns where the
// task is.
func (s *stage) keepOut(t *testing.T, office, manager *person) string {
	t.Helper()
	manager.open("/tasks/new")
	manager.fill("title", "搬送機の干渉チェック")
	manager.fill("brief", "3Dモデルで干渉を確認し、箇所を一覧にしてください。")
	manager.fill("skills[0].skill", "機械設計")
	manager.fill("budget", "150,000")
	manager.fill("due_on", time.Now().AddDate(0, 0, 30).Format(time.DateOnly))
	manager.press(`button[name="do"][value="publish"]`)
	task := manager.path()
	kita := s.joins(t, "asako.kita@mail.example", "ja", 390)
	kita.open(task)
	kita.want("搬送機の干渉チェック")
	office.open("/search?in=people&q=" + url.QueryEscape("北 朝子"))
	office.press(`[data-test="hit"] a`)
	office.page.MustElement("#bars details > summary").MustClick()
	office.fill("reason", "搬送機メーカーの監査役に就任")
	office.send(`form[name="bar"]`)
	office.want("搬送機メーカーの監査役に就任")
	kita.open(task)
	kita.want("ページが見つかりません")
	kita.open("/work")
	kita.without("搬送機", "監査役", "利益相反")
	return task
}

// bidAsFormer has the former colleague bid. The manager sees why they cannot take it alone, from the list as from the bid; it
// returns where the bid is.
func bidAsFormer(nishi, manager *person, task string) string {
	manager.t.Helper()
	nishi.open(task)
	nishi.fill("message", "設計部で同じ機械を担当していました。")
	nishi.send(`form[name="bid"]`)
	manager.open(task)
	manager.send(`form[name="accept"]`)
	manager.want("Before this is awarded, a second person has to look at it: former colleague in charge")
	bid := manager.path()
	if !strings.HasPrefix(bid, "/bids/") || manager.has(`form[name="accept"]`) {
		manager.t.Errorf("the refusal leads to %s, where it can be tried again", bid)
	}
	manager.want("A second person has to look at it before you can accept")
	manager.send(`form[name="ask-look"]`)
	manager.want("Asked. Somebody else looks at it.")
	manager.shoot("caution-asked")
	manager.open("/cautions")
	manager.want("This is not for your role", "Give the second look before an award")
	nishi.open(bid)
	nishi.without("元同僚", "確認")
	return bid
}

// secondPerson has the approver, on a phone, say why it is all right; whoever asked hears of it, and may go on.
func (s *stage) secondPerson(t *testing.T, manager *person, bid string) {
	t.Helper()
	approver := s.enter(t, "approver@hokuto.example", "ja", 390)
	approver.follow(s.letter(t, "approver@hokuto.example", "搬送機の干渉チェック", "/cautions"))
	approver.want("元同僚・元上司が担当", "西 史郎", "¥150,000", "佐藤 真理")
	approver.shoot("caution-look")
	approver.fill("reason", "3社の見積のうち最も安く、内容も十分です。")
	approver.press(`form[name="look"] button[value="clear"]`)
	approver.want("契約に進めます")
	manager.follow(s.letter(t, "manager@hokuto.example", "3社の見積のうち最も安く", "/bids/"))
	if manager.path() != bid {
		t.Errorf("the letter leads to %s, not to %s", manager.path(), bid)
	}
	manager.want("A second person has looked at this", "三浦 隆")
	manager.shoot("caution-cleared")
	manager.send(`form[name="accept"]`)
	if !strings.HasPrefix(manager.path(), "/contracts/") {
		t.Errorf("accepting leads to %s", manager.path())
	}
}

// hideFields has somebody join the directory of colleagues and then keep from them where he worked and how his name is read:
// neither the directory nor a search there tells it, while the office still finds him by it.
func (s *stage) hideFields(t *testing.T, office, nishi *person) {
	t.Helper()
	nishi.open("/profile/consents")
	nishi.tick("agree", "directory")
	nishi.send(`form[name="consents"]`)
	fellow := s.enter(t, "alumni004@hokuto.example", "en", 390)
	fellow.open("/colleagues?q=" + url.QueryEscape("西 史郎"))
	fellow.want("西 史郎", "ニシ シロウ", "設計部", "2021")
	nishi.open("/profile/audiences")
	for _, field := range []string{"departments", "reading"} {
		nishi.fill(field, "人を探す担当者のみ")
	}
	nishi.send(`form[name="audiences"]`)
	nishi.shoot("audiences")
	fellow.open("/colleagues?q=" + url.QueryEscape("西 史郎"))
	fellow.want("西 史郎")
	fellow.without("ニシ", "設計部", "2021")
	fellow.shoot("fellows-hidden")
	fellow.open("/colleagues?q=" + url.QueryEscape("ニシ シロウ"))
	fellow.without("西 史郎")
	office.until("/search?in=people&q="+url.QueryEscape("ニシ シロウ"), `[data-test="hit"] a`)
	office.press(`[data-test="hit"] a`)
	office.want("西 史郎", "ニシ シロウ", "設計部", "機械設計")
}

// reportIt has somebody report under his name. The desk answers; the manager and the office never learn of it.
func (s *stage) reportIt(t *testing.T, manager, nishi *person) {
	t.Helper()
	nishi.open("/report")
	nishi.tick("category", "collusion")
	nishi.fill("text", "他社の見積額を教えると言われました。")
	nishi.send(`form[name="report"]`)
	report := nishi.path()
	nishi.want("癒着・利益相反", "受付済み", "他社の見積額を教えると言われました。")
	for _, email := range []string{"office@hokuto.example", "approver@hokuto.example"} {
		other := s.enter(t, email, "ja", 1280)
		other.open(report)
		other.want("ページが見つかりません")
		other.open("/reports")
		other.without("他社の見積額", "癒着")
	}
	manager.open(report)
	manager.want("This page is not here")
	desk := s.enter(t, "admin@hokuto.example", "en", 1280)
	desk.open(report) // its letter comes later, so that its hour tells nothing
	desk.want("Collusion or a conflict of interest", "Reported by 西 史郎")
	desk.page.MustElement("#step-text").MustInput("ありがとうございます。担当者に確認します。")
	desk.send(`form[name="step"]`)
	desk.want("being looked into")
	desk.shoot("report-desk")
	nishi.open(report)
	nishi.want("担当者に確認します。")
	nishi.shoot("report-answered")
}

// backOffice plays the tax work that a company gives to a leaver: what is withheld follows from the kind of the work and stands
// on one line for her from the first day, and finance opens the year's papers.
func (s *stage) backOffice(t *testing.T) {
	manager := s.enter(t, "manager@aoi.example", "ja", 1280)
	manager.open("/tasks/new")
	manager.fill("title", "中間申告書の作成")
	manager.fill("brief", "法人税の中間申告書を作成してください。")
	manager.fill("skills[0].skill", "法人税")
	manager.fill("budget", "280,000")
	manager.fill("due_on", time.Now().AddDate(0, 0, 25).Format(time.DateOnly))
	manager.fill("withholding_category", "税理士・弁護士・企業診断員など法定の職業")
	manager.press(`button[name="do"][value="publish"]`)
	alumna := s.enter(t, "alumna@aoi.example", "ja", 390)
	contract := workForTax(manager, alumna, manager.path())
	alumna.open("/payouts")
	alumna.want("¥279,412", "中間申告書の作成", "報酬¥280,000 ＋ 消費税¥28,000 − 源泉徴収¥28,588", "着金日")
	alumna.shoot("tax-payouts")
	confirmStatement(alumna)
	papersOfTheYear(s.enter(t, "finance@aoi.example", "en", 1280), contract)
}

// workForTax has the task done and paid for; the same four amounts stand on the bid, on the contract, and after payment.
func workForTax(manager, alumna *person, task string) string {
	manager.t.Helper()
	amounts := []string{"¥280,000", "+¥28,000", "−¥28,588", "¥279,412"}
	alumna.open(task)
	alumna.fill("message", "承ります。")
	alumna.want(amounts...)
	alumna.send(`form[name="bid"]`)
	manager.open(task)
	manager.send(`form[name="accept"]`)
	manager.want(append(amounts, "¥294,812")...)
	contract := manager.path()
	payByHand(manager, contract)
	alumna.open(contract)
	alumna.want(append(amounts, "遅くとも")...)
	alumna.send(`form[name="start"]`)
	alumna.send(`form[name="submit"]`)
	manager.open(contract)
	manager.send(`form[name="accept-work"]`)
	alumna.until(contract, `[data-state="paid"]`)
	alumna.want(amounts...)
	return contract
}

// confirmStatement has the alumna confirm the statement of what she was paid, on her phone, and keep its PDF.
func confirmStatement(alumna *person) {
	alumna.t.Helper()
	alumna.until("/documents", `[data-test="document"]:has(form[name="confirm"])`)
	alumna.want("仕入明細書 · ¥279,412", "取引条件明示書")
	alumna.shoot("tax-documents")
	alumna.press(`[data-test="document"]:has(form[name="confirm"]) a`)
	alumna.want("¥280,000", "+¥28,000", "−¥28,588") // what she is asked to confirm, in its parts
	alumna.wantPDF(`a[href$="/file"]`)
	alumna.send(`form[name="confirm"]`)
	alumna.want("確認済み")
	alumna.shoot("tax-statement")
}

// papersOfTheYear has finance find the statement among the papers, and issue what tax wants of a month and of a year.
func papersOfTheYear(finance *person, contract string) {
	finance.t.Helper()
	finance.open("/money/documents?kind=statement&min=279412&max=279412")
	finance.want("Purchase statement", "高橋 由美", "¥279,412", "Confirmed")
	finance.press(`[data-test="document"] a`)
	finance.wantPDF(`a[href$="/file"]`)
	if !finance.has(`a[href="` + contract + `"]`) {
		finance.t.Errorf("the statement does not lead to %s", contract)
	}
	finance.open("/money/documents")
	finance.page.MustElement("#period-kind").MustSelect("Income tax withheld")
	finance.fill("period", time.Now().Format("2006-01"))
	finance.send(`form[name="period"]`)
	finance.want("about a period that has ended") // this month may bring more
	finance.page.MustElement("#period-kind").MustSelect("Income tax withheld")
	finance.fill("period", time.Now().AddDate(0, 0, -time.Now().Day()).Format("2006-01"))
	finance.send(`form[name="period"]`)
	finance.want("1 in force")
	finance.shoot("tax-papers")
	finance.open("/money/documents?kind=withholding_summary")
	finance.want("Income tax withheld")
	finance.press(`[data-test="document"] a`)
	finance.wantPDF(`a[href$="/file"]`)
}

// wantPDF asks for what a link offers to keep and looks at whether it is a PDF.
func (p *person) wantPDF(selector string) {
	p.t.Helper()
	got := p.page.MustEval(`async (selector) => {
		const answer = await fetch(document.querySelector(selector).href)
		return answer.headers.get("Content-Type") + " " + (await answer.text()).slice(0, 5)
	}`, selector).Str()
	if got != "application/pdf %PDF-" {
		p.t.Errorf("%s of %s is %q", selector, p.where(), got)
	}
}
