"""Words of offices and help desks that a dictionary does not bring together or tell apart."""

from __future__ import annotations


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


SAME = _lines(
    """
    login signin logon
    log sign
    password passphrase passcode
    2fa mfa twofactor
    sso singlesignon
    email mail mailbox
    phone telephone mobile cell
    laptop notebook
    pto vacation holiday leave
    app application program
    config configuration setting settings
    info information detail details data
    admin administrator
    repo repository
    doc document documentation
    docs document documentation
    hr personnel people
    contractor freelancer freelance
    uk britain british
    us usa american america
    eu europe european
    ok okay
    id identifier identification
    ticket case request
    buy purchase order acquire
    help assist support aid
    need require must necessary mandatory obligatory compulsory
    start begin commence launch initiate open
    end finish conclude complete terminate
    stop cease halt discontinue
    get receive obtain gain
    give provide supply offer grant
    propose suggest recommend advise offer
    show display present demonstrate
    allow permit let enable
    forbid prohibit ban disallow
    delete remove erase wipe
    change alter modify edit adjust
    update revise refresh
    fix repair mend resolve solve
    cost price fee charge rate
    cheap inexpensive affordable
    expensive costly pricey dear
    employee staff worker colleague
    manager boss supervisor lead
    company firm business organisation organization corporation
    client customer buyer patron
    user person people individual
    job role position post
    meeting call conference conversation discussion
    discuss talk speak chat converse
    tell inform notify say state
    announce declare reveal disclose
    send dispatch forward ship
    quick fast rapid swift prompt
    slow sluggish
    big large huge great considerable
    small little minor slight tiny
    important key crucial vital essential critical significant
    various different diverse varied several range variety multiple numerous many
    extra additional further added more other add
    include contain comprise comprising consist
    entire whole full complete total
    free gratis complimentary
    yearly annual annually year
    monthly month
    weekly week
    daily day
    hourly hour
    quarterly quarter
    about around approximately roughly approx nearly almost
    only just solely merely exclusively
    also too additionally moreover furthermore
    however but though although yet
    because since due reason
    before prior earlier previously
    after following later afterwards
    near close nearby adjacent
    old former previous past ex
    new recent latest modern
    current present existing now currently
    maximum max most highest limit cap
    minimum min least
    increase raise grow rise boost climb
    decrease reduce lower drop cut fall decline shrink
    improve enhance better upgrade boost
    worsen deteriorate
    expire lapse end
    cancel annul revoke withdraw
    refuse decline reject deny
    accept approve agree consent
    choose select pick opt
    sign enroll enrol register subscribe join
    try attempt
    ask request inquire enquire query
    answer reply respond response
    explain clarify describe
    plan scheme policy package option product
    tailor customize customise personalize personalise fit
    interest interested keen
    purpose aim goal objective target
    device machine computer pc
    fault error bug defect failure problem issue trouble
    safe secure protected
    document file record paper
    rule policy regulation guideline
    pay remunerate settle compensate
    salary wage pay compensation
    money fund funds cash
    refund reimburse reimbursement repay
    discount reduction rebate saving savings reduced
    deadline due date
    begin onset start
    happen occur take arise
    use utilize utilise employ apply
    keep retain hold store preserve
    make create produce generate build
    build construct
    found establish set
    move relocate transfer
    live reside dwell
    work job labour labor
    study research investigate examine
    test exam trial
    win victory triumph
    lose loss defeat
    kill slay
    movie film
    author writer
    doctor physician
    lawyer attorney
    kid child
    mother mum mom
    father dad
    car automobile vehicle
    house home property residence
    city town
    country nation state
    school university college
    contact reach approach call
    visit attend
    schedule arrange set plan book
    agent representative rep
    highlight emphasize emphasise stress underline
    mention state note say refer
    ensure guarantee assure
    focus concentrate
    participate take partake join
    team group crew
    boost promote
    """
)
"""Groups of words that may stand for each other in an answer."""

OPPOSITES = _lines(
    """
    enable activate allow permit|disable deactivate forbid prohibit ban block
    increase raise rise grow gain climb|decrease reduce lower drop cut fall decline shrink
    before|after
    earlier early|later late
    minimum min least|maximum max most
    include including inclusive|exclude excluding exclusive except
    accept approve|reject refuse decline deny
    open|close closed shut
    start begin|end finish stop
    first|last final
    buy purchase|sell
    send|receive
    add|remove delete subtract
    install|uninstall
    connect|disconnect
    lock|unlock
    public|private internal confidential
    internal|external
    manual manually|automatic automatically
    mandatory required compulsory obligatory|optional voluntary
    paid|unpaid free
    gross|net
    upload|download
    import|export
    encrypt|decrypt
    encrypted|unencrypted plaintext
    valid|invalid expired
    true|false
    yes|no
    on|off
    in|out
    up|down
    above over|below under beneath
    more|less fewer
    higher high|lower low
    many|few
    all every|none no
    always|never
    everyone everybody|nobody noone
    everything|nothing
    most|least fewest
    majority|minority
    better best|worse worst
    good|bad poor
    positive|negative
    success succeed successful|fail failure unsuccessful
    win won|lose lost defeat
    cheap inexpensive affordable|expensive costly
    fast quick quickly|slow slowly
    big large|small little tiny
    long|short brief
    new|old
    young|old
    hot warm|cold cool
    easy simple|hard difficult complicated complex
    strong|weak
    safe secure|unsafe insecure dangerous
    full|empty
    same identical|different
    similar|different dissimilar
    permanent permanently|temporary temporarily
    fixed|variable
    full-time|part-time
    employee|contractor
    employer|employee
    manager|subordinate
    seller vendor|buyer
    landlord|tenant
    lender|borrower
    teacher|student
    parent|child
    husband|wife
    man men male|woman women female
    he his him|she her
    mother|father
    brother|sister
    son|daughter
    north northern|south southern
    east eastern|west western
    left|right
    top|bottom
    front|back rear
    inside|outside
    indoor|outdoor
    morning|evening afternoon night
    day|night
    weekday|weekend
    today|yesterday tomorrow
    incoming inbound|outgoing outbound
    online|offline
    active|inactive
    present|absent
    correct right|wrong incorrect
    legal lawful|illegal unlawful
    possible|impossible
    likely|unlikely
    satisfied happy pleased|dissatisfied unhappy disappointed angry
    agree|disagree
    love like|hate dislike
    interested|uninterested disinterested
    comprehensive|limited basic
    unlimited|limited
    specific|general generic
    personalized personalised customized customised|generic standard
    flexible|rigid inflexible strict
    common usual|rare unusual uncommon
    major|minor
    primary main|secondary
    local|remote global
    domestic|international foreign
    single|multiple married several
    together|separately apart alone
    advance|retreat
    attack|defend
    create|destroy delete
    build|demolish
    appear|disappear
    remember|forget
    push|pull
    give|take
    borrow|lend
    arrive|leave depart
    enter|exit leave
    join|leave quit
    hire employ|fire dismiss
    promote|demote
    praise|criticize criticise
    support|oppose
    encourage|discourage
    confirm|deny
    admit|deny
    reveal|hide conceal
    win|forfeit
    profit|loss
    income revenue|expense
    debit|credit
    deposit|withdraw withdrawal
    asset|liability
    surplus|deficit
    demand|supply
    advantage|disadvantage
    benefit|drawback harm
    cause|prevent
    improve|worsen deteriorate
    strengthen|weaken
    accelerate|slow delay
    continue|discontinue stop
    keep retain|discard delete
    save|spend waste
    pass|fail
    tentative|definite
    aware|unaware
    responsible|irresponsible
    willing eager|unwilling reluctant
    able|unable
    with|without
    """
)
"""Pairs of opposites, sides separated by a bar."""
