package market

import "slices"

// A NoticeKind is a sort of news that people hear of, and choose together how.
type NoticeKind string

// The kinds of news.
const (
	NewsInvitations NoticeKind = "invitations"
	NewsBids        NoticeKind = "bids"
	NewsMessages    NoticeKind = "messages"
	NewsProgress    NoticeKind = "progress"
	NewsTerms       NoticeKind = "terms"
	NewsPayments    NoticeKind = "payments"
	NewsApprovals   NoticeKind = "approvals"
	NewsDisputes    NoticeKind = "disputes"
	NewsEvents      NoticeKind = "events"
	NewsPosts       NoticeKind = "posts"
	NewsAttending   NoticeKind = "attending"
	NewsReferrals   NoticeKind = "referrals"
	NewsColleagues  NoticeKind = "colleagues"
	NewsCompanies   NoticeKind = "companies"
	NewsJoining     NoticeKind = "joining"
	NewsAccess      NoticeKind = "access"
	NewsSecurity    NoticeKind = "security"
	NewsSigningIn   NoticeKind = "signing_in"
)

// A NoticeGroup is a heading under which kinds stand.
type NoticeGroup string

// The groups, in the order in which people read them.
const (
	GroupWork    NoticeGroup = "work"
	GroupNetwork NoticeGroup = "network"
	GroupMoney   NoticeGroup = "money"
	GroupAccount NoticeGroup = "account"
)

// A Say is how far people may choose about a kind.
type Say int

// How far.
const (
	Free   Say = iota // every way
	Prompt            // of no use in a digest, which comes when it is over; every other way
	Always            // money and law: a letter always goes, when quiet hours let it
	Urgent            // the account's safety, and links that somebody asked for: a letter goes this minute
)

// A KindOfNews is a kind with what people read about it, and how far they may choose.
type KindOfNews struct {
	Kind     NoticeKind
	Group    NoticeGroup
	Say      Say
	Unlisted bool // of no use in the app, where somebody has come in already

	NameEN, NameJA   string
	AboutEN, AboutJA string
}

// Name is what the kind is called in a language.
func (k KindOfNews) Name(language string) string {
	if language == "ja" {
		return k.NameJA
	}
	return k.NameEN
}

// About says in a language what belongs to the kind.
func (k KindOfNews) About(language string) string {
	if language == "ja" {
		return k.AboutJA
	}
	return k.AboutEN
}

// Ways are those that people may choose among.
func (k KindOfNews) Ways() []Way {
	switch k.Say {
	case Free:
		return Ways
	case Prompt:
		return []Way{AtOnce, InApp, NotAtAll}
	case Always, Urgent:
		return []Way{AtOnce}
	}
	return nil
}

// Chosen reports whether people have a choice about the kind.
func (k KindOfNews) Chosen() bool { return k.Say == Free || k.Say == Prompt }

// KindsOfNews are all kinds in the order in which people read them.
var KindsOfNews = []KindOfNews{
	{Kind: NewsInvitations, Group: GroupWork, NameEN: "Invitations to work", NameJA: "案件への招待", AboutEN: "Somebody asks you to bid on a task.", AboutJA: "案件への応募を依頼されたとき。"},
	{Kind: NewsBids, Group: GroupWork, NameEN: "Bids and offers", NameJA: "応募と条件提示", AboutEN: "New bids, other offers, and how the choice fell.", AboutJA: "新しい応募、条件の再提示、選考の結果。"},
	{Kind: NewsMessages, Group: GroupWork, NameEN: "Messages", NameJA: "メッセージ", AboutEN: "What people write to you about a task, a bid or a contract.", AboutJA: "案件・応募・契約についてのメッセージ。"},
	{Kind: NewsProgress, Group: GroupWork, NameEN: "Progress of work", NameJA: "業務の進捗", AboutEN: "Deliveries, changes that are asked for, and hours of a week.", AboutJA: "納品、修正の依頼、週ごとの稼働記録。"},
	{Kind: NewsEvents, Group: GroupNetwork, NameEN: "Invitations to events", NameJA: "イベントのご案内", AboutEN: "Companies invite you to an event.", AboutJA: "会社からのイベントのご案内。"},
	{Kind: NewsPosts, Group: GroupNetwork, NameEN: "News of companies", NameJA: "会社からのお知らせ", AboutEN: "Companies publish news, and you agreed to letters with it.", AboutJA: "会社のお知らせ（メールに同意している場合）。"},
	{Kind: NewsAttending, Group: GroupNetwork, Say: Prompt, NameEN: "Events you go to", NameJA: "参加するイベント", AboutEN: "Your place, changes, and a reminder before it begins.", AboutJA: "参加登録、変更、開催前のお知らせ。"},
	{Kind: NewsReferrals, Group: GroupNetwork, NameEN: "Referrals", NameJA: "お客様の紹介", AboutEN: "What becomes of customers whom you or others introduced.", AboutJA: "ご紹介の経過と、新しく紹介されたお客様。"},
	{Kind: NewsColleagues, Group: GroupNetwork, NameEN: "Colleagues and claims", NameJA: "元同僚・在籍の確認", AboutEN: "Somebody with whom you worked joins, asks you to confirm where they worked or what they can do, or answers you.", AboutJA: "一緒に働いた方の参加、在籍やスキルの確認の依頼と、その結果。"},
	{Kind: NewsCompanies, Group: GroupNetwork, NameEN: "Partners and groups", NameJA: "提携とグループ会社", AboutEN: "Another company proposes to work together.", AboutJA: "ほかの会社からの提携・グループ参加の提案。"},
	{Kind: NewsJoining, Group: GroupNetwork, Say: Prompt, NameEN: "Companies that ask you in", NameJA: "会社からの参加のご案内", AboutEN: "A company where you worked would like to stay in touch.", AboutJA: "以前お勤めの会社からのご案内。"},
	{Kind: NewsTerms, Group: GroupMoney, Say: Always, NameEN: "Contracts", NameJA: "契約", AboutEN: "Terms, changes, deadlines and ends of contracts.", AboutJA: "契約の条件・変更・期限・終了。"},
	{Kind: NewsPayments, Group: GroupMoney, Say: Always, NameEN: "Payments and papers", NameJA: "支払と書類", AboutEN: "Money that came, went or came back, and statements.", AboutJA: "入金・支払・返金と仕入明細書。"},
	{Kind: NewsApprovals, Group: GroupMoney, Say: Always, NameEN: "Approvals", NameJA: "承認", AboutEN: "Steps that wait for your yes or no.", AboutJA: "承認をお待ちしている手続き。"},
	{Kind: NewsDisputes, Group: GroupMoney, Say: Always, NameEN: "Disputes", NameJA: "異議・係争", AboutEN: "A dispute, a proposed split, and how it ended.", AboutJA: "異議の申し立て、配分の提案、その結果。"},
	{Kind: NewsAccess, Group: GroupAccount, Say: Always, NameEN: "Roles and records", NameJA: "権限と実績", AboutEN: "You were given a role, a company names you, or a work record changed.", AboutJA: "権限の付与、在籍の確認、業務実績の変更。"},
	{Kind: NewsSecurity, Group: GroupAccount, Say: Urgent, NameEN: "Security", NameJA: "セキュリティ", AboutEN: "Your address or where you are paid was changed.", AboutJA: "サインイン用アドレスや振込先の変更。"},
	{Kind: NewsSigningIn, Group: GroupAccount, Say: Urgent, Unlisted: true, NameEN: "Links that you ask for", NameJA: "ご請求のリンク", AboutEN: "One-time links and codes.", AboutJA: "ワンタイムリンクと確認コード。"},
}

// newsOf are the kinds of the letters. Every letter has one.
var newsOf = map[LetterKind]NoticeKind{
	LetterInvitation: NewsInvitations,
	LetterClarified:  NewsBids,
	LetterNewcomer:   NewsColleagues,
	LetterBid:        NewsBids, LetterCounter: NewsBids, LetterNotChosen: NewsBids, LetterCanceled: NewsBids,
	LetterMessage:   NewsMessages,
	LetterSubmitted: NewsProgress, LetterChanges: NewsProgress, LetterWeek: NewsProgress,
	LetterAwarded: NewsTerms, LetterChange: NewsTerms, LetterChangeSigned: NewsTerms, LetterChangeOver: NewsTerms, LetterPaused: NewsTerms,
	LetterResumed: NewsTerms, LetterNotice: NewsTerms, LetterEnded: NewsTerms, LetterRenewal: NewsTerms, LetterReminder: NewsTerms,
	LetterFunded: NewsPayments, LetterReleased: NewsPayments, LetterPaid: NewsPayments, LetterRefundFailed: NewsPayments, LetterChargeback: NewsPayments,
	LetterChargebackOver: NewsPayments, LetterReversal: NewsPayments, LetterReversalRefused: NewsPayments, LetterDebt: NewsPayments, LetterAccount: NewsPayments,
	LetterReturned: NewsPayments, LetterHolding: NewsPayments, LetterPaymentReturned: NewsPayments, LetterPayBy: NewsPayments, LetterCash: NewsPayments,
	LetterStatement: NewsPayments, LetterObjection: NewsPayments,
	LetterApproval: NewsApprovals, LetterPayRun: NewsApprovals, LetterSpending: NewsApprovals, LetterSpendingOver: NewsApprovals, LetterRule: NewsApprovals, LetterCaution: NewsApprovals, LetterCautionOver: NewsApprovals,
	LetterDispute: NewsDisputes, LetterProposal: NewsDisputes, LetterDisputeOver: NewsDisputes, LetterForRuling: NewsDisputes,
	LetterEventInvitation: NewsEvents, LetterEvent: NewsAttending, LetterPost: NewsPosts,
	LetterReferral: NewsReferrals, LetterReferralFee: NewsTerms, LetterIntroduction: NewsSigningIn,
	LetterVouch: NewsColleagues, LetterAttest: NewsColleagues, LetterClaim: NewsColleagues, LetterClaimOver: NewsColleagues,
	LetterPartner: NewsCompanies, LetterGroup: NewsCompanies,
	LetterJoin: NewsJoining, LetterFarewell: NewsJoining, LetterReturn: NewsJoining,
	LetterTeam: NewsAccess, LetterLink: NewsAccess, LetterRecordRevoked: NewsAccess, LetterWebhookOff: NewsAccess, LetterReport: NewsAccess, LetterSuspension: NewsAccess,
	LetterAddressChanged: NewsSecurity, LetterBankAccount: NewsSecurity, LetterLeaving: NewsSecurity, LetterStaying: NewsSecurity, LetterLeft: NewsSecurity,
	LetterSignIn: NewsSigningIn, LetterAddress: NewsSigningIn, LetterKnock: NewsSigningIn, LetterDomain: NewsSigningIn,
}

// News is the kind that a letter belongs to.
func (l LetterKind) News() KindOfNews {
	k, _ := KindNamed(newsOf[l])
	return k
}

// KindNamed finds a kind by its name.
func KindNamed(kind NoticeKind) (KindOfNews, bool) {
	at := slices.IndexFunc(KindsOfNews, func(k KindOfNews) bool { return k.Kind == kind })
	if at < 0 {
		return KindOfNews{}, false
	}
	return KindsOfNews[at], true
}
