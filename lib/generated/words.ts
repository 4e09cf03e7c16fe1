// Made by kernel-driver/firmware/make-wordlist.ts; do not edit.

/** The words that passphrases are made of: invented, sorted, different. */
export const words: readonly string[] = `
babeam badairk badisk bagoo baiband baidid baido baidont baigoft baildat baildut baintend bainuft bairkay
bairnesk bairnir bairnup baiskist baivad baizirk baizom baizosk baizunt bakol baleask bamom bandoorn bandoosk
bantaid bapund bardosk barkairk barkark barmair barmisk bavurk beaba beadint beadip bealom beandop beandurk
beanop beanusk beapup beareft bearirn bearkad bearkint bearkot bearmon beaskend beaskor beatan beaverk beazol
bedeald begom bekoosk belearn bemep benden bente bentil bentix bepast berdex beskaft beven bevoo biboost
bidond bikant bikem biket bildoosk bimpon bintear bintor birail birdoot birdor birkay birnon biru bisto
bistont bitarn bizask bladeal blaibox blaidir blaimim blaimond blaipa blaipot blaipux blaireld blairnot
blaiskin blaldil blaldul blamairn blamir blandunt blarmoom blarmund blaskest blaskoop blastosk blavuld blazex
bleage bleakul bleale blealil bleanap bleanop bleanusk blearkix blearmir bleaskel bleazip blegairn blegat
blekaild blekin bleldar bleldift blemeant blemo blepask blera blerdan blerdand blerdoo blerold bleskand
blestirn blesturk bletaist bletey bletoond blevep blevim blibar blibern blidoot blidorn bligan bliguld blikail
blikent blimpain blintam blipild blipirk blipont blirax blirest blirmap blirmup bliskaft bliskoy blistot
blitod blitood blitut blobat blogent bloldat bloldeat blolest blomairk blomu blonur bloodent bloogild bloogund
blookod blookox blooldal bloorark bloorkal bloormo bloorux bloovon bloovur bloozoy blordean blordest blormeam
blormox blornern blosten blotast blotean blubid bludoost blulur blunaip blundost bluntad blupeald blupir
blurkal blurmost blurnid blurood bluskaid blustad blustoot blutad blutild blutont bluveald boboosk bodi bodol
boldir bomeask bompe bondeal bondoork bonoor bookold booluld boomend boomon boompad boompirn boompod boondat
boonen booni boontast boontun boopend boorkirk boormam boormost booskost boostund boovay boozin bopeft
borkaind borkisk borkunt borom bostop bostur botay boveaft bovuld breabup breagul breaket brealdax breampip
breandey breardo brearil brearuld breaskid breazut breday bredent bregild breldex breleam brempom bremunt
brenond brereald brerkat brermaft brernesk breroom brevood brezand bribood bridain brilool brimpip brimpold
brineaft brinist brinteat brintoom brinunt bripask brirket brirnai brirneal brirnom brirnont briskay bristea
bristeap brivu brizirk brodea brogaild brogand brolaift brolday broldist broluld brolut bromair bromex brondin
brondisk brondu brontast brooldon broolerk broomo broontun broope bropearn brordai brordesk brordi brordoot
brorkant brornoft broskark brotesk brovand brovo brozurk brubask brubop brubosk brugem brulaist bruldild
brumint brumpat brumpest brunaft brunairk brunde brundork brunearn bruno bruray brurdain brurond bruskair
bruskox brustast brustep brustost bruveask bruzin bruzost bubam buldaisk buldoot buldul bupait busker bustem
buveam buvist buzat buzurn dabeald dabust dadask daibal daibol daibop daidald daigax daikuft daildan dailusk
daintift dairmust dairner daizist dakeam daldant dandead dapait darkaind darkond darmu darnaisk darnark
dateaft davood davunt deakan dealdork dealon deamarn deamom deanay deantil deararn dearked dearkesk dearkest
dearkint dearkip dearkol dearmal deastald deazast dedat degerk degest dekot deldaint deldold deldork demperk
denesk denool dentep dentorn derair derdaim derdoor derkai derkend derman dermork derul deskeark destont
destorn detark deteand devat dezar dezesk didear digun dildand dildel dildold dindoom dindoond dindud dindun
dinex dintask dintu dipeask dirdox dirmeld dirnoy distoon ditisk divol dize dizon doba dobair dodeand dodoo
dodoold dogesk dokip dolark doldoorn domparn dompem dondaind dondip dontairk dontean donteap dontod doodant
doogarn doogor dookusk dooldist doolusk doomed doontun doormat doormind doorold doostip doostont dootam doote
doozund dordean dorka dorkist doskearn doskel dostesk dotin dotur drabax dradem draibul draidast draideld
draidoy draikul drairkad drairnu drairost draitar draizar draizeft dralent dranaist dranduft dranead dranild
drantup drardaid drardem drarkand draskur dratoost dreaberk dreadil dreaket dreakosk dreakox dreamim dreaske
dreatel dreatold dreazend dregent drekorn drelead dremild drendair drerkain drernun drezaim dridem dridu
drigax drikep drikoon drildex drildi drildux drimpand drinaint drindut drintaid drirdisk drirern dririp
drirkoom drirkot drirnest drirnuft drirnusk driskait driskoor dristeap dritai drivup drizait drobom drodoot
drogoot drogurn dromaisk dromam dromeark dromind dronoorn dronot droodan droodont droogaft droogan drookask
droomerk droomind droondud droonom droorkad droormo droornil droovark droozern dropent drormirk drornaip
droroold droskoft drovint druboond drudop drugoot drulam drumea drumpair drunen druntun drurmend drurmox
drurnusk drutaip dubeld dubix dugoork duleat duneask duned dunild duntind durdod durkom durmeaft durmooft
duveft fadea fadix faildad faildift faildil faildim faimpax fainot faintep fainum faistol faivax faivum
fakairn faldearn faldol famail famift fanteaft fapad faraft farea farild farkeant farkup farnirk farnoorn
faskaift favaip favil feabot fealdeft feamisk feapest fearmum fearuld feaskod feasterk feastont feastuft
featuft featul fedaist fedearn fekold feldeld feleask felist fempaft fendeark fenot fenteal fepeld fepip
ferkit fermeld fermu fernoost fetad fevoork fezaift fidirk figask fildoond fildul fimpor finteal fintuld
fipaid fiparn firdi firkay firmost firnun fitem fituld fivun fizem fladant fladep flagar flagoond flaibud
flaigusk flaikey flailo flaimark flaindey flainut flairnap flaiskad flaistum flaizor flakind flakork flaleal
flampift flandup flanoop flapul flardail flarear flarep flarkosk flarmork flarmud flarnat flarnean flaskaim
flastum flateark flavaift flavoond flavuft fleadun fleagint flealdox fleamund fleaneld fleapild flearkud
flearmax flearut fleastum fleavud fleazop flegeand flegix flekeast flekoold fleldoor fleldox flempaid flemuld
flemust flendut flermat flernox fleskoy fletea flezoork flibun flidast fliken flikoond flileft flimearn flimey
flimoosk flineat flintand flirmoom fliroft flitirn flivand fliveask flivu flobain flobil flokaild flokeal
flokix floleand floloond flomup flonden flondo flonoom flontond flontoo floobask floobur flooder floompup
floonted floonuld floormod floormop flooston floozul florkid florna floskex flotal floteald flotint flovop
flovoy fludux flukisk flumo flumpid fluna fluntoft fluntond flurax flureap flurken fluskold flutai fluvo
fobool fogeald fokorn folaift folet fomo fompit foni foogest foogint foogold fookald fookern foolold foomift
foompix foomurn foondad foondem foopern fooposk foordul foorisk foormod fooskar footild foovir foovox foovut
foozip fordaind fordaint fordont foreap forooft fudunt fugoosk fulaisk fulot fundeast funtoot furdend furdint
furkit furmap furnisk furnor fuskont fustunt fuzooft fuzur fuzut gaboork gaigid gaildax gailont gainat gainda
gainold gaintal gairnin gairol gaistast gakod gakoond gakoy galdud gamait gampurk gandeant ganest gapai gaparn
garkait garkuft garmeft garmid garmut gaskain gaskix gaskoop gastal gatark gavairk gavunt geagud geagurn
gealul geandat geapod gearask geardift gearnot geasted geastup geavin gebeld geboor gedaind gedint gedisk
gegad gekaft gemest gempu gendap gendeam gendond gentoold geraft gerkeaft germent geroork gerun geskoop gestet
gestoo gevint gidail gidoop gigood gigur gikeam gikooft gimeald gimoy gindeft gino gintor gintork girdea
girdean girkat girkend girko girmap girmoot gitan gitark givean givend givost glabut glaibent glaibirn glaidoy
glaigisk glaigon glaikor glaindop glaintil glaipal glaitol glaizaft glakeap glampe glampel glardaim glardait
glarkeal glarmark glarnait glarnunt glastoo glataft glatairk glatarn glateal glaveark gleabax gleadu gleagesk
glealoft gleamark gleapa glearkep glearmad gleaskel gleavurk glekaisk glempel glenant gleneant glenem glenoom
glenoop glented glentor glepead glerkail glerkist glerkorn glermap glernal glernend gleroon gleskep gleskoo
glestant glestont gletarn gletask gleteark gletup glibunt glikey glildair glildup glipesk glirnold gliskant
gliski glistest glivaim glizup glokoop gloldeap glondar glondi glontisk gloogand gloogint glookend glookex
glookox gloompep glooran gloordid glooskep gloosted glootad glooterk glootisk glopald glordax glorex glorkand
glorkeap glorku glornint glornum gloskarn gloskold glotild glovond gludax glugesk glukai glukest gluldur
glulun glumeal glundut glunid glurdun glurest glurkan glurkar gluvand gluzirk gluzor gobim godar goldest
golear gomift gomunt gondar gondond goobond googisk goomil goomist goompask goompuft goonant goonduld goontold
goormost gopeast gopent gorkent gornair gotay gradeft gradint gragark gragoo graibam graidurn graigant graikux
graipor grairel grairmom graizesk grakim grakup gramist grandoft grandun grantel grantoon grantund grarain
graskail grastork grazex greabeld greakund grealom grealost greampix greantip greapom grearden grearend
greaskun grebairk gredaift gregup grelant grelder greldust grempet grempint grenap grenear greno grenoont
grenox grenterk grentind grepat grepift grerind grerkind grernoom grerop greskit grestux gribost grigend
grikarn grilald griloon grimpan grimpat grimpund grinap grintait griraisk grirkait grirmad grirmeld grirmot
grirnunt griruft griskerk griskip griskot gristain gristep gritop gritork griveask grobaind grobeant groboy
groda grodix grodoy grokost grolont groluft gromain grompand grompup grondar grontar groobuld grooder groonap
groormed groornad groozor gropurn grordol grorend grornen grornex groskead grostam grotan grozark grozeap
grozid grudo grudoo grugood grukast grukean grukerk grumpond grunait grundark grundix grundorn grupem grupu
grurask grurkark grurnay grurnear grurnisk gruskant grustand grustun grutask grutoop gruzax gubaift gudeld
gukox gulaid gulair gulan gulap gulent gulool gulosk gulurn gumaft gupont gurder gurdist gurdusk gurkoom
gurnar guroond guskoond guvaim guzal guzoor haderk haibam haigust haikost haildey hailoy haipot hairkod
hairmax haiskund haivip haivunt haizax haizey haizorn haizut hamip hampam hamul handon haneark haraim harkaim
harkorn harkost harmax haskeat hastearn hasteft hastuft hato headud heaket healurk heanorn heanost heantest
heapam heapest heardol heaskar heaskup heaskusk heazo hegoold helaint heldesk heldop helduld heldut helon
hemood hemposk hentir hentun hepant hepent herdoorn hernaim herusk heskal hetoom hevoot hezol hibed hidaip
hildaint hindit hintool hinuld hirdan hirdeft hireaft hirmay hirnop hiskait hiskeant hitairk hitey hivood
hizun hobunt hoket hokold holdai holdaip holdeaft homaid homon honift hoompold hoondint hoonerk hoontod
hoontot hooran hoorkaft hoorkust hoormal hoormern hooskup hoozox hostend hudoop hugad hugind hukeat hukern
hukor huldost huleft hulest hulost humaift humperk humpesk hundur hunin hunot hurde hureant hurkist hurmeand
hurmear hurmum hurnirn huskairn huskeark huston huteld hutuld huvood huvoork huvup jabaind jadaist jadeald
jaidal jaigax jaiger jaigunt jaikand jaildesk jailim jailot jaime jaimen jaindark jainet jainin jaipup jairin
jairkift jairnond jaistild jaistint jaivat jalai jalern jali jampirk jandund jantaid janteask jarear jarin
jarkain jarkearn jarkeld jarkern jarkist jarnaint jarnoold jaskex jaskoom jaskoost jasted jastint jastorn
jeabift jeabil jeaguft jeakift jealil jeamed jeampel jeandark jeandex jeanter jeanux jeapirn jearmet jearmind
jearnen jeaskut jeatey jeati jeavift jedon jegan jegux jekaift jekeaft jekurk jeleat jemaind jemesk jemparn
jepail jepaild jepat jepay jernoosk jernop jestaist jezon jezux jomey jomoont jompesk jomud jontest joobon
joodor joodost jooldap jooler joolip joolond joolosk joondorn joopast joorind joorkift joornen joornirn
jootirn joovirn joreant jostat jotald jovaisk jovurk jozum jubeam judool judurk juge juloost jumaint jumpup
junark jundoot junteaft juntod juntosk juraift jurair jurark jurdaint jurdeast jurko jurmern juskea juskey
justoom juteark juvay juzen kabup kadal kadem kagip kaibot kaimim kaimost kaimpup kaimund kainant kaindask
kaindut kaintal kairden kairdop kairork kaivax kaivut kalat kaldool kaleast kampift kandurn kantoft kapap kapo
karkex karkorn karnaist kaskind kataift kataim kateand katoy kaze keabip keadoft kealarn keamat keamoft keamul
keanon keardest kearkad kearkest kearmem keaskurn keastuft keastut keavent keavork kebod keboold kedil kedind
kegaint kekast kemift kendair kenist kerdark kerkask kermep keroft kesket ketint kezed kezern kibeald kindar
kipent kirkunt kirneft kiskeap kistal kitift kiveaft kivoold kizist kobest kodirk kogail kokarn komift komunt
konod konoont koodust koolork koone koonern koonta koontup koopirk koordat koordorn koornor koosked koostant
koozust kordaint kordor korkeask kormom kornait kornurn koskend koskooft koskux kostast koteft kugesk kukeask
kuldoond kuman kumet kumpaift kumpean kuntaind kuntin kuntoond kunum kurdail kurkait kusto kustoon kustuld
kutand kuvaid kuvairk kuvar kuzood ladaint ladir lagald laidap laigast laikix lailont laimpay laitan laizad
laizi laizind laizon lakam laldeft lame lampeark landom landust lantaint lanu lapaid lapairk larmoold laskorn
latoost lazaift lazark lazirk leabern leabol leabom leagern lealdip lealurn leamild leandad leaner leapap
leavurn leazern lebont legask lekast lempaisk lempuft lendem lendind lendol lendul lenoft lerey lerkearn
lerkir lerma lermu lerne lernend lernex leskork leskunt lesteld leteaft letold levind leze lezoot ligaid
ligest likift likun lildait limask limpen lintam linteap lintost lipup lirmild lirnax lirneask lirnir liskeam
liskeat listim listood listun litaim livix lizond lobaisk logurk loke lokool lokurk loldop londeaft lonirk
loobisk loobup loogol lookald lookur loomot loompom loompum loondern loondo loopax loorkisk loorkux loormork
loorot loostey loovax loovux loozey loozot loren lorkeark lormap lormay lornot loruft lostean lostey lotald
lotox lozarn lozep lubex ludeam ludearn ludosk ludu lugem lukood luldaild luldeal luldosk lundond lunoop
lupaisk lupund lurdip lurmuld lurnaft lurnaip luvex luzad luzail mabend madad madaid madooft maibar maidust
maikol maildark maildur maimusk maintud maintul maired mairin mairmeld maiskey maitup maiturk maizud maldair
maldeal manond manten mardint marnoft marut maski mavask meakask mealdask mealen mealold meareft mearkom
measkem meastet meatift meatoft megain melask meldirk meldool menist merdoft merkean merkoon mermad mermo
meskai meskoon mesteast meven mibaind mikon mikor milair mildusk milo mimaim mimet mimpild mimpux minap
mindoold minesk minti mipark miraift mirdin mirdip mirel mirmem mirnap mirnat mirosk miskex miskip mitay mobel
modond mokoork mokox molar moldod mompost mondeat mookast moompald moomut moorkask moormoft mooskut mopirk
morad mordant moreld mormuld morneld moruft moskar moster motaift motaist mozind mugeal mukoork mulaint
muleaft muleat muloork mumpep munir munteam murkaisk murmear murmosk murnirk muro muskar musket mustirk
mustunt mutift muvan muveaft muvix muzeap muzoond naden nadooft naged naibor naikend naildin nailist naimost
naimpem naipent nairdix naiskind naisko naitald naivel naivom nakant nakarn nakust naldend nalorn namirn namol
nanda narai narnead narnirn narnoosk narnun narork nastant natuft navat naveask navoorn neabest neadit neame
neampeld neampod neandurn neanust nearket nearkirn neavirn neavurn nekand neldask neldeast neldoor nelir
nemald nemast nentend nepask neput nerdoorn nerdusk nerkal neskont nestent nestosk netean nevay nevid nezit
nezul nibeark niboom nidaift nikod niled niloot nimoom nindost nirax nirint nirkut nirnaint nirnorn niskaft
niskeft niskim niskoold nistunt nizam nokarn nokask nokeant nolift nolint nomeast nomend nompix nonan nondur
nonont nonteam noobay noobest noobost nooldun noompux noomurn noonad noopod noorant noordup noorkorn nooske
nooskeft nooskirn nootam nootet noozom nopean nopin nopund norent normold normost nornoft notud nubood nukent
nukur nulaid nuleap nuled numex nunturk nurda nurdu nurkask nurment nurnind nurnoy nuskear nuskoorn nusteam
nuzarn nuzom padald pageap paibend paibosk paimirn painoft paintint painust pairud paito paivit pakead palo
pampeft pamuft pantaft pardeft parkea parkesk parmaisk paskun pealark pealdel peamarn peanar peanesk peanto
peardon pearnisk peastox peastut peaval peavask pebel pebix pegeat pekirk peli pendairk pentaild perdirk
perkint permup peskaft peskeand pevoot pezork pibem pigoor pilid pilom pinoorn pipaild pipay pirkust pirnum
piroold pitair plabep pladip plaigum plaikorn plaildon plaimol plaimpop plainder plainix plaintun plairin
plairne plaisto plaitut plaivoft plaizuld plakoot plaley plamey planax plandent plantel plantont plardant
plareask plarkeat plarkip plarmem pleaben pleaboft pleagim pleakid plealdop pleanunt pleapem plearark pleararn
pleardep plearisk plearmut plearosk plebairk plegairn plegask plendon plendost plentond plepeant plerkom
plermaim plernaim pleskad plestol pletai plevan plezeald plider plildax plimpey plirkail plirmair plirmald
plirmirk plirmirn pliskift pliskurk plistean plisto plive plizea plodem ploderk plodoop plodot plokool
ploldant ploldoor plomoold plomoork plompox plonaift ploobent plookeft plooldin ploonift ploontim ploopuld
plooskor ploovand ploovork plooza plordist plordoy plornea plornod plostear plotork plubaim pludoold plugeap
plukail plukeald plukoot plulain plurdain plurdex plurer plurkim plurnoon pluvold pluzark podaid podoost
pogaift pokoor poldint poldoost polool pompairn pompot ponol pordast pordid poreask pormood porust poskuft
postor postux povint pozift praboont pradeaft pragand prageark praigal praigun praikol prailont praimpip
praipil praipind prairkel prairkud prairnel prairnom praizir prakoop pralderk prarday prarkark prarood
praskoom praskoon prastair prastald prastark pravark pravem prazet preaba preamil preantel preapox preardal
preardir preaskut preazad preboom predait preke prekoft prelded preldund prelont premaift premood prempep
prenox prerdeld prermoop prestarn prevap prezoork prigask prigoop prikan prikeam prilask prildul primoont
primoop primpesk prindean prindup printant printum pripand prirdeam prirdup prirmot prirnait prirnil prirul
pristeap priteand pritend pritoond prokir prokoold proldul prompen promurk pronaild prontoop proobix proobor
proode proodin proodint proogarn proogil proornop proosted proozey proozint proran prordoom prornuld prosturn
protood provun prude prudend prugark prugoosk prukam pruldirn prumay pruntad prurain prurdal prurki prurmaip
prurmont pruroft pruruft prusteat prutad pruval pruvean pruzunt pulead puna pupask pupeld pupil purand purdarn
purkaid purker purmaip purnut puroold putol puzax quakot quakunt qualdist qualdox quamu quari quarkip quarmot
quastey quateld quatern quavom queburk quedur queldost quelet quemel quemorn quemox quempu quenarn quenirk
queskap quevil quezal quezel quibald quidox quigu quikux quinin quinu quipad quipurk quirdep quirdur quirirk
quirmant quirnoft quiste quiti rabisk ragold raidild raimpand raintaft raipi rairkad rairmask raiskit raivald
raivax raivil rakai ralot randairk ranorn rantoy rantut rarair rarep raresk rarkesk rarmun rarooft rastai
ratur raverk reabod reaker realay realdirn reamin reamisk reanix reardun rearoft reazap rebeal rega regint
regol rekaip rekead relond remeant repift rerax rerdeand rerdux rermant rermip rernust restoond revain rezed
ribaim ribirn ridair ridit ridur rigox rikist rilaid rildairn rimpam rindark rintaip rirdaind rirdond rirmest
rirnu riskuft rizast rizear robond rogusk roman romoo romoont romoop rompaisk rompap rondont rontur roodid
roodont roogid roolerk roolist roompat roompen roompoy roondul roonisk roordask roorkal roorkid roorkoft
roozid roozoy rorain rorkat rorkoont rormost rorne roroold roskaift roskum rosteft rotap roto rovant rovift
rovind rubun rudeap rudut rugait rukairn ruldom rundux runtod runtund rupad rupaild rurairk rurded rurdet
rurdisk rurkosk rurmald rurme rurmind rurmont ruskearn rustir ruteask saboom sadoop sagon saiburk saikuld
saildast sailirk saimpask sainen saipum sairdol sairmim saiti saitol saivix saizad saked sakern saldearn
saldel samat samirn sampeaft sampeam samux sandeark sandood sapesk sarisk sarkarn sarkear sarnir sarnorn
sarood saskem satoom savorn sazaist sazand seamex seandey seandid searda seardom seardurn searkold searme
searmisk searmix searnask seband sebond seborn sedear sedin sekaim seldarn semel sempair sentesk sentoont
sepay serkand serkod serkoor sermey sermisk sermoon sernir seskeap sestast sezint sidift sidoon sigant silden
sildesk sildor sileaft sinal sindest sipai sipaist sipal sirnain sirnoon siskald sistaist sistearn sitind
skabai skabait skabint skabol skadaip skadet skadunt skaiker skailde skailond skaipem skairan skairmit
skaister skaistip skaivan skakeand skakold skando skarmerk skarmoft skarneal skaskail skasker skaskuld skazax
skeadosk skeampun skeander skeandir skeanor skeapesk skeardom skeardut skearke skearond skeatir skeazix
skedost skegoold skekat skekear skemeft skeneark skento skeskesk skestend skestesk sketask sketax sketear
skezeat skibait skibean skibild skinap skinoosk skirkist skirkool skirnel skirnur skistoom skitor skivai
skivend skizor skobaift skodond skokairn skolairk skompeal skondur skoogent skookond skoonen skooski skootul
skoovup skormap skornoy skoskay skosken skoski skoskurk skotaim skotoom skotusk skovoft skubald skuduft skudun
skudurk skugaim skugaist skulep skumil skumoorn skundaip skundind skundisk skupair skuraft skurdork skurmeal
skurnop skuskist skuskox skustusk skutooft skuvaind skuvay skuzop slabaift slabay slabust slaibem slaiberk
slaibo slaigex slaikar slaildad slaili slaimip slaimux slaindod slaindon slaindur slainesk slaipont slaipop
slairki slairkom slaivim slameask slampaft slampirk slapit slarkea slarnar slarnid slazur sleabork sleaborn
sleaboy sleabusk sleakey sleakund slealan slealeft sleamad sleampey sleanop slearmer slearnar slearuld sleasta
sleastad slegeand slekoost slekunt slemend slenan slendin slendoot slenet slenu slerairk slerdo slerkeat
slermaft slermam slermop slernap slerno slestim slezam sligast slilil slimead slimoork slimuld slindend
slinderk slinom slintir slipeam slipey slireat slirer slirmirn slirnoo sliskent slitan slivay slizood slobem
slobey slodast slodix slogeap slokirk slokork sloldool slolind slomerk slonask sloobeld sloobod slooger
slooldix sloomey sloondun sloopeld sloopil sloordax sloornat sloostur sloovun sloozu sloozurn slore slorent
slorkoor slormald slormirn slornu slorost slosturn slovoond slovox slozum slubeand sluberk slugen slukoost
sluldot slumeask slument slumerk slumpai slumpo slumup sluntond slupaip slurdisk slurmurn slurnent slurox
sluskark sluskul sluzest sluzisk smaima smaimpad smainark smairnim smairun smaitind smaivusk smaizern smakim
smalisk smamosk smampix smampux smapent smarmex smarnean smarorn smaskoor smavask smavint smavup smazor
smeabusk smeamand smeampu smeanist smeapor smearer smearkur smearnay smeasti smeastod smeatop smebam smebim
smegaild smegoo smegoost smelind smempar smemun smendork smerdix smerdut smereand smerkop smermor smernurn
smeroy smeskax smeskint smestead smetain smetax smetim smeveald smezea smezirk smibald smigent smigoorn smikux
smimex smimunt smindar smintest smipad smipor smireld smirkist smirnam smiruft smiskit smitead smiteald smizur
smobeap smobearn smobool smoborn smogol smoko smolald smolem smomerk smontup smoodox smoogud smookon smoompoy
smoopeft smopup smorduft smorka smornex smornox smovund smozirn smubea smubeand smubist smugar smugeft
smulderk smulint smurkald smurnep smurnurn smutoond smuvoork snadald snadean snadont snaigint snaigur snaigurk
snailep snailo snaimask snainuft snaizoy snakerk snakod snakosk snampaid snampul snanden snanold snantaid
snantait snapeal snardirk snardoft snardorn snarean snarel snealem sneampat sneanda sneanded sneanti sneardot
sneatap sneavern sneavoft sneavu snebo sneboont sneboot snedup snegin snelaisk snempait snentold snepod
snerkid snermaim snernust snetaft snetaift snetear snetunt snevay snibent snideat snident snikan sniloost
snimold snimpark snineft snintost snirdoon snirdusk snirkoft snirmain snirnern sniskem snistark snisteat
snivoft snizan snobem snomoop snontai snooberk snoodeld snooger snookerk snookix snoomund snoonde snoorday
snoozald snoozild snopast snopirn snoran snorkoo snormond snormost snormusk snorox snostust snuley snuna
snunask snuntoy snuntun snurdorn snurmend snurmest snurmild snuskoor snuskoy snuveal sobul sodu sokeask solest
solur sompid sompux sondain sondeft sontesk soogit soolurk soondut soordon soorkan soormist soornat sooskod
sootu sopeam soper sorduft sormup sozaind sozod sozoon spabask spabot spabud spaibed spaibin spaibud spaibusk
spaigip spailerk spaistol spaitark spaitask spakearn spakoost sparask sparkoy sparoo spazit speaben speadax
speaguld spealarn spealdol spealud speamend speandod spearant spearip speaskir speastip speazet spekid
spelaift speldom speldud spelea spemaint spendit spendul spenep sperdild spernean sperno spernu speskesk
spestox spetem spevald spevern spevunt spezean spibeaft spigaift spigin spildep spildoot spinork spinorn
spintoor spipift spipol spivar spobex spobood spogul spoldaip spomarn sponeft spordai sporeat spormol sporu
spotem spotend spozint spozoont spuborn spudai spugain spugat spuko spukund spulent spumir spundin spuntent
spurdid spurnir spurnirn sputand sputem sputot spuveant spuvond stago staibop staidu stairda stairdad stairden
stairdid staital staitask staivaft stakoork staleand standant stanoon starid starmind starmor starnex statern
statond statoor stazax stazeaft stazern steaburk steadant steadu steadud steakol steamold steandop steanest
stearney stearun steastax steastor steaton steavoft steazald steba stebald stegeaft stekoop stelaip stelurn
stenand stepap sterant sterask sterir sterkair sterkoor stermaft steskid steskot stestuld stetast steteask
stetey stetin stibim stiboost stikeal stikont stildool stiment stimpa stimper stindand stindap stinde stintast
stintat stipit stirdeft stirmat stirmex stiskoor stobest stogar stogast stogeant stokast stokoor stoldat
stolost stompoft stomux stonoy stonurn stookeft stoondet stoondu stoontad stoontoy stooskin storaild stordild
stormet stornoo stotat stotil stovood stovop stozeap stubont studup stugosk stukam stuldap stumeam stumpain
stunail stunaip stunaisk stuney sturaisk sturmad stuskaft stustent stustet stutea stuvaip stuzim stuzurk subud
sugom sugoorn sugurn suland suldar sulun sumpirn sunean suntait suput suraist surkain surmop surneast surnir
surnoont surold suskosk sustark sustood suvan suvod suvor suvot suvul suzear suzift tabea tageaft tagix tagond
taigeft taikey taildod taimpol taimpurn taipo tairkan taiskerk taiskond taiterk taiturn takaist takean talaid
talent talix talud tandit tantax tantot tareald tarkix tarkom tarmoond tarnam tarnoop taroork taror tarunt
tastist tastuld tazed teadin teagep teander teandip teanont teantund teaskep teastoy tebont tedea tedeald
telear temal temust tenden teraift termoont ternay ternod ternor tetirn tetoo tevoot tibat tibern tiboom
tigift tigoor tilol timix tindont tinift tintaist tintant tinte tirarn tirman tiskeant tiskern tistel tistoop
tistund tizat tizoot tobift tolden tolesk tomarn tonex tookud toolda tooldir toolo toordask toordul toornum
toostop tootul toovot torax tordoor torkoont torkurn torkut tornaind tornerk tornut toroosk toskeft tovut
trabeam traboork tradul tragaild traibem traidip traigan traimpu traimur traimurn trainder traizoy traizut
tralask traldist trameask trampask trarded trarnald trarnest tratay tratoom tratoorn travep trazerk treabern
treadon treanand trearket trearont treaskar treaskod trebaild trebit treboold tregoor trekun trelask treldep
treldoom treldoy treloorn trelud tremairn tremoont trenant trendod trendoot treneat trenosk trentisk trepask
trepeam trepeld trerdon trerdunt trerend trerkirn trerkoo trernup treskul trestain trevai trevend trezaft
trezaind trezearn tribind trideaft trimail trimpund trindoo trintat triral trirdand trirnut triskeap tristald
tristust trivurk trizerk troldo tromeand trompa trompair trondent trontint troobad troodoft troomar troomuft
troondat troormem troostet troostod troostot trootul tropaist trorkeap trorkip trorkist trormeft trormen
trormusk troskerk trosta trostern trosturn trovisk trozaist trozirk trubai truber trudead trudoo trukift
trulad truldet truldex trupaip trupold truskoo trustot truvear truzer truzoor truzux tubairk tubim tugask
tuldad tuldeant tuloosk tumoft tumom tumpand tunay tundoon tundul tunid tunom tuntaid tuntosk tureark turket
turkoost turnut tuskox tustan tusted tustift tusto tuterk tuzaint vabux vageam vagol vagond vaidet vaigin
vaigup vaikark vailunt vaindurn vairdunt vairep vairkosk vairnir vaizel vakaind vakeark vakul valdil valeft
valop vami vamusk vanearn vantean vapix varar varmaft varmot varnix vastaift vastep vastoont vatai vatast
vatep vatosk vavaip vazern veabel veadusk veagat veagil veakux vealdald vealdont vealom veanex veapind vearday
vearmint vearmuld vearner vearnern veaskest veaskom veaskox veavark vegern vekust veldaind veldurk veled
veloorn vemol vemooft vempead vempeaft venan vendid vendul veneask ventaid ventud vepost verdal vermoork
veskear vetait vetem vevurk vezear vibirn vidoor vigin vigod vilost vimal viment vimpea vindald virda virkost
vistim vivex vivu vobain vodid vogid vokaild vompont vonerk vonest vonon vontox voogont vooloft voontorn
voordar voorkex voorney vooskay voosted voozirn vopurk voraim vorirn vormist voroft voteark vuke vukoold
vuldal vuldul vumpo vundund vuni vupift vurit vurkea vurkesk vurnost vuvam vuvearn vuvon wabist waboost waboy
wadaift wadeark waikon waimpeft waimud waintuft wainunt waipeld wairest waisked waivap waivoft waivusk waizud
walo wamey wanain wanent wanunt wapat wardan wardod warirn warkal warmel warmooft warnaid warnerk warnil
warnoorn waskup wastail wastosk watead watoy weadust weampark weampint wearmest wearmild wearom weaskand
weaskorn weastild weastusk weatat weatel weatip weatuft weazask weazisk weazurn webind wedoy wegorn wekeald
welent wemin wemoorn wempask wempeald wereant werend werkum wermait wernel westunt wibet wileam wileld wimpoft
windald windoft windoont wineask wipand wipol wirat wirdail wirmi wirmoond wistoo wistoom witark witeant witix
wivold wiza wizar wobairn wodern wokuft woldeam wome womeald womon womoom womot womparn wondi wondut wontairk
woodon wookend woolon woompep woompom woondent woonirk woopip woopont woorkont woormant woornid wooskend
wooval woozint worde wordoond worix workuft wostait wostald wosted wotant wotur wovi zaberk zagair zagap zagar
zaiku zaikust zaimpap zaindant zairdold zairdusk zairist zairkand zairner zaistan zaiston zaitild zaivul
zaldix zalir zamer zamoon zandoft zantoo zapear zardad zardil zardoork zarku zarmaip zarmand zarment zarup
zaskal zatep zavet zavor zazesk zeadild zeadul zeagod zeakim zealdand zeandu zeantork zeanturk zeardesk
zearkim zearnosk zeaskad zeaske zeaste zeazed zeazul zeded zedot zekist zeldairn zeleam zempairk zendait
zenisk zentum zepir zerdant zerdat zernor zeroorn zeskearn zeskurn zestom zetay zeteam ziboft zigad zikald
zikoork zikoot zildairk zilead zimerk zimpern zirdead zirdirn zirdud ziskaip ziskald ziskeask ziskost zistip
ziton zivaim zodint zodun zogaid zoguft zoleal zomed zomoond zompaisk zookisk zookix zookon zookum zoolap
zoolded zoomar zoondet zoorkum zoornuft zoororn zooskast zooskoft zoozip zordaift zorkast zormaisk zornairn
zoskid zostin zoteand zovear zovuft zubait zugit zukesk zukix zuldirn zuleat zumant zumark zumpem zumut zunda
zundoft zunot zurnux zuroorn zuskax zuskid zustoft zutest zutoor zutuld zuveant
`
  .trim()
  .split(/\s+/)
