package main

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// registryByInvitation plays the closed registry: the office brings its HR file, one who is in it follows a letter and finds
// work, one who is in no file has two former colleagues vouch for them, and a task reaches beyond the company's walls as far
// as a partner's people and no further.
func (s *stage) registryByInvitation(t *testing.T) {
	office := s.enter(t, "office@aoi.example", "en", 1280)
	bringFile(office)
	hara := s.followInvitation(t)
	s.vouchFor(t, office, hara)
	s.reachBeyond(t)
}

// upload brings a file as the office does, and waits until it was looked at.
func (p *person) upload(content string) {
	p.t.Helper()
	p.open("/people/import")
	file := filepath.Join(p.t.TempDir(), "leavers.csv")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.page.MustElement(`input[type="file"]`).MustSetFiles(file)
	p.press(`form[name="import"] button[value="check"]`)
	p.until(p.path(), `form[name="confirm"]`)
}

// confirm imports what was looked at, and waits for it.
func (p *person) confirm() {
	p.t.Helper()
	p.press(`form[name="confirm"] button`)
	p.until(p.path(), `#run[data-state="succeeded"]`)
}

// invite finds somebody by name and asks them to join.
func (p *person) invite(name string) {
	p.t.Helper()
	p.until("/search?in=people&q="+url.QueryEscape(name), `[data-test="hit"] a`)
	p.press(`[data-test="hit"] a`)
	p.wantText(name)
	p.send(`form[name="invite-people"]`)
	p.wantText(name) // it stays with the person
}

// joins follows the letter that invites somebody, in a window of their own.
func (s *stage) joins(t *testing.T, email, lang string, width int) *person {
	t.Helper()
	p := s.stranger(t, width)
	p.open("/signin?lang=" + lang)
	p.follow(s.letter(t, email, "", "/link/"))
	p.send(`form[name="link"]`)
	return p
}

const leaversFile = `email,family_name,given_name,family_kana,given_kana,department,joined_on,left_on,skills
kumiko.hara@mail.example,原,久美子,ハラ,クミコ,経理部,2012-04-01,2022-03-31,簿記;法人税
kumiko.hara@mail.example,原,久美子,ハラ,クミコ,経理部,2012-04-01,2022-03-31,簿記;法人税
jo.sakai@mail.example,酒井,丈,サカイ,ジョウ,経理部,2015-04-01,2021-13-31,簿記
nao.ide@mail.example,井手,直,イデ,ナオ,経理部,2010-04-01,2021-09-30,簿記
`

// bringFile uploads a file of four rows: two are good, one says the same again, and one has a day that there is not.
func bringFile(office *person) {
	office.t.Helper()
	office.upload(leaversFile)
	office.want("Nothing is changed yet", "kumiko.hara@mail.example", "Line 2 says the same stint already", "“2021-13-31” is no day")
	office.shoot("import-checked")
	checked := office.path()
	office.open("/people")
	office.without("原 久美子", "井手 直")
	office.open(checked)
	office.confirm()
	figures := office.page.MustEval(`() => [...document.querySelectorAll(".tiles dd")].map(d => d.innerText).join(" ")`).Str()
	if figures != "2 0 0 1 1" { // new, changed, unchanged, set aside, rejected
		office.t.Errorf("the report counts %s", figures)
	}
	office.shoot("import-done")
	office.invite("原 久美子")
}

// followInvitation has the new alumna come in by her letter, say what she can do, and see work ranked by it.
func (s *stage) followInvitation(t *testing.T) *person {
	t.Helper()
	hara := s.joins(t, "kumiko.hara@mail.example", "ja", 390)
	hara.want("原 久美子", "あなたへの仕事")
	hara.open("/profile")
	hara.want("簿記 2", "法人税 2")
	hara.fill("hourly_rate", "5,000")
	hara.fill("skills[0].skill", "連結決算")
	hara.send(`form[name="profile"]`)
	hara.open("/work")
	hara.want("連結決算 1", "経理部の経験あり")
	hara.shoot("invited-work")
	return hara
}

// vouchFor has somebody knock who is in no file: they see no work before two former colleagues have said yes.
func (s *stage) vouchFor(t *testing.T, office, hara *person) {
	t.Helper()
	newcomer := s.stranger(t, 390)
	newcomer.open("/join/" + s.companyOf("office@aoi.example") + "?lang=ja")
	newcomer.fill("email", "ren.oda@mail.example")
	newcomer.send(`form[name="join"]`)
	newcomer.follow(s.letter(t, "ren.oda@mail.example", "", "/knock/"))
	newcomer.fill("family_name", "小田")
	newcomer.fill("given_name", "蓮")
	newcomer.send(`form[name="knock"]`)
	newcomer.fill("joined_on", "2013-04-01")
	newcomer.fill("left_on", "2020-03-31")
	newcomer.fill("department", "経理部")
	newcomer.fill("colleagues[0]", "kumiko.hara@mail.example")
	newcomer.fill("colleagues[1]", "alumna@aoi.example")
	newcomer.send(`form[name="claim"]`)
	claim := newcomer.path()
	newcomer.want("確認中")
	newcomer.open("/work")
	newcomer.want("この権限ではご利用いただけません")
	newcomer.open("/colleagues")
	newcomer.without("原", "高橋")
	s.vouches(t, "kumiko.hara@mail.example", "en")
	office.open(claim)
	office.want("原 久美子 says yes", "open")
	s.vouches(t, "alumna@aoi.example", "ja")
	newcomer.until(claim, `a.button[href="/"]`)
	newcomer.press(`a.button[href="/"]`)
	newcomer.want("あなたへの仕事", "株式会社あおい商事")
	office.open(claim)
	office.want("By two former colleagues")
	hara.open(claim)
	hara.without("ren.oda@mail.example")
}

// vouches has a former colleague say yes from their letter.
func (s *stage) vouches(t *testing.T, email, lang string) {
	t.Helper()
	p := s.stranger(t, 390)
	p.open("/signin?lang=" + lang)
	p.follow(s.letter(t, email, "小田", "/link/"))
	p.send(`form[name="link"]`)
	p.want("小田 蓮")
	p.without("ren.oda@mail.example")
	p.shoot("vouch-" + lang)
	p.press(`form[name="vouch"] button[value="yes"]`)
}

// companyOf is the company of an account.
func (s *stage) companyOf(email string) string {
	for _, a := range s.info.Accounts {
		if a.Email == email {
			return a.CompanyID.String()
		}
	}
	return ""
}

// reachBeyond opens a task to partners: who left a partner sees it once they have agreed to be shown there; who left a company
// that is none does not, even having agreed to be shown to everybody.
func (s *stage) reachBeyond(t *testing.T) {
	t.Helper()
	manager := s.enter(t, "manager@aoi.example", "en", 1280)
	manager.open("/tasks/new")
	manager.fill("title", "治具の図面を3枚起こす")
	manager.fill("brief", "現物から採寸し、図面にしてください。")
	manager.fill("skills[0].skill", "CAD")
	manager.fill("budget", "90,000")
	manager.fill("due_on", time.Now().AddDate(0, 0, 30).Format(time.DateOnly))
	manager.tick("visibility.kind", "partners")
	manager.press(`button[name="do"][value="publish"]`)
	task := manager.path()
	partner := s.enter(t, "alumna@hokuto.example", "ja", 390)
	partner.open(task)
	partner.want("ページが見つかりません")
	partner.agreeToBeShown("partners")
	partner.until("/work", `a[href="`+task+`"]`)
	partner.open(task)
	partner.want("治具の図面を3枚起こす", "¥90,000")
	partner.shoot("beyond-partner")
	other := s.enter(t, "alumna@minato.example", "en", 390)
	other.agreeToBeShown("everyone")
	other.open(task)
	other.want("This page is not here")
	other.without("治具")
}

// agreeToBeShown says to which companies beyond their own somebody agrees to be shown.
func (p *person) agreeToBeShown(to string) {
	p.t.Helper()
	p.open("/profile")
	p.tick("shown_to", to)
	p.send(`form[name="shown"]`)
}
