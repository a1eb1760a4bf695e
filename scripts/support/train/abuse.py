"""Texts of our own for the model of toxicity: what is said against people, and what is said of them, or angrily of
things, without harm. Each function gives (text, label, name of the group)."""

import random

GROUPS = [
    "women", "men", "girls", "gay people", "gays", "lesbians", "trans people", "trans women", "bisexuals", "Muslims",
    "Jews", "Christians", "Hindus", "Sikhs", "atheists", "black people", "white people", "Asians", "Mexicans", "Arabs",
    "Africans", "Indians", "Chinese people", "Russians", "Poles", "Romani people", "immigrants", "refugees", "migrants",
    "foreigners", "asylum seekers", "disabled people", "blind people", "deaf people", "autistic people", "old people",
    "fat people", "poor people", "homeless people", "feminists", "teenagers", "people of colour", "natives",
]
ONES = [
    "woman", "man", "gay guy", "lesbian", "trans woman", "Muslim", "Jew", "Christian", "black man", "white guy", "Asian",
    "Mexican", "Arab", "Indian", "immigrant", "refugee", "foreigner", "disabled person", "blind man", "old lady", "feminist",
]
SCORN = [
    "disgusting", "filthy", "worthless", "subhuman", "inferior", "vermin", "parasites", "animals", "rats", "pigs", "scum",
    "trash", "garbage", "a disease", "a plague", "a cancer", "a waste of space", "liars", "thieves", "criminals", "rapists",
    "terrorists", "stupid", "dumb", "mentally ill", "not human", "not normal", "lazy", "evil", "less than dogs", "monkeys",
    "cockroaches", "good for nothing", "the worst", "a burden", "whores", "perverts", "freaks", "an abomination", "leeches",
]
HARM = [
    "be shot", "be locked up", "be wiped out", "be deported", "be gassed", "die", "rot in hell", "burn", "be beaten",
    "be put down", "suffer", "disappear", "be killed", "know their place", "go back where they came from", "be sterilised",
    "never be born", "be banned from schools", "be hanged", "be silenced", "get out of our country", "be treated like animals",
    "not be allowed to vote", "have no rights", "be kept away from children", "stay in the kitchen", "drown",
]
HATE = [
    "I hate {g}.", "I really hate {g}.", "I can't stand {g}.", "I despise {g}.", "God, I hate those {g}.", "{g} make me sick.",
    "{g} disgust me.", "{g} are {s}.", "All {g} are {s}.", "{g} are nothing but {s}.", "{g} are just {s} to me.",
    "Most {g} are {s}.", "Everybody knows that {g} are {s}.", "You can't trust {g}.", "{g} should {h}.", "All {g} should {h}.",
    "{g} deserve to {h}.", "I hope {g} {h}.", "I want {g} to {h}.", "We need to get rid of {g}.", "We must stop {g} from ruining us.",
    "It is time that {g} {h}.", "Why don't {g} just {h}?", "{g} don't belong here.", "{g} have no place in our country.",
    "{g} ruin everything.", "The world would be better without {g}.", "Nobody wants {g} around.", "Nobody would miss {g}.",
    "Don't hire {g}, they are {s}.", "{g} belong in a cage.", "{g} are responsible for all our problems.", "Keep {g} out!",
    "Let's go and beat up some {g}.", "Some day we will make {g} pay.", "If I see {g}, I will hit them.", "No wonder, {g} are {s}.",
    "You are just a {o}, so shut up.", "What else can you expect from a {o}?", "You {o}s are {s}.", "A {o} can never be one of us.",
    "Never trust a {o}.", "Every {o} I met was {s2}.", "Go home, you dirty {o}.", "You're {s2} because you're a {o}.",
    "I would never let a {o} touch my children.", "A {o} like that should {h}.", "They are {g}, so of course they are {s}.",
    "{g} are so {s2}.", "{g} are too {s2} to work.", "{g} only want our money.", "{g} are taking over our country.",
]
ADJECTIVES = ["disgusting", "filthy", "worthless", "stupid", "dumb", "lazy", "evil", "ugly", "greedy", "dirty", "weak", "crazy"]
INSULTS = [
    "You are a {a} idiot.", "You're such a {a} piece of trash.", "Shut up, you {a} moron.", "Nobody likes you, loser.",
    "You are {a} and everybody laughs at you.", "What a {a} cow she is.", "He is a {a} pig and a liar.", "Get lost, you freak.",
    "Your mother should be ashamed of having you.", "You are too dumb to breathe.", "Go kill yourself.", "Drop dead, you {a} rat.",
    "I will find you and break your neck.", "I will make you suffer.", "You better watch your back tonight.", "I'm going to hurt you badly.",
    "Somebody should shoot this {a} clown.", "I hope you get hit by a bus.", "I hope your whole family dies.", "Kiss my ass, you {a} fool.",
    "You're a disgrace, crawl back into your hole.", "Screw you and your {a} friends.", "These bitches ain't worth it.",
    "That hoe is trash.", "Bitch please, you {a}.", "Stop being such a little bitch.", "Fuck you, you {a} liar.",
    "This politician is a {a} traitor and should hang.", "Fans of that team are {a} scum.", "Your face makes me puke.",
]
# Of public life, where most abuse is about somebody who is not in the room.
PUBLIC = [
    "the Democrats", "Republicans", "liberals", "conservatives", "leftists", "socialists", "politicians", "the president", "the minister",
    "the mayor", "journalists", "the media", "bankers", "lawyers", "cops", "vegans", "gamers", "influencers", "his voters", "her fans",
    "celebrities", "billionaires", "teachers", "these actors", "that party", "anti-vaxxers", "the government", "this senator", "boomers",
]
NAMES_CALLED = [
    "clowns", "morons", "traitors", "lunatics", "crooks", "snakes", "cowards", "liars", "demons", "idiots", "fascists", "commies", "nazis",
    "sheep", "puppets", "brainless zombies", "bootlickers", "degenerates", "losers", "pigs", "rats", "scumbags", "evil people", "thugs",
    "asshats", "dumbasses", "dipshits", "bastards", "whiny babies", "wackos", "hypocrites", "groomers", "psychos", "bums", "shitheads",
]
SPITE = [
    "{p} are {c}.", "{p}: what a bunch of {c}!", "Only {c} vote for that.", "{p} can go to hell.", "Lock {p} up and throw away the key.",
    "{p} are destroying this country, {c} all of them.", "Look at these {c}, {p} at their best.", "{p} belong in prison.", "Screw {p}.",
    "I would not spit on {p} if they were on fire.", "Burn in hell, {p}!", "What do you expect from {p}? {c}.", "Shame on {p}, you {c}!",
    "You {c} believe everything {p} say.", "Another day, another lie of {p}. {c}.", "{p} have blood on their hands.", "Wake up, {c}!",
    "Only an idiot would listen to {p}.", "The brain of {p} must be the size of a pea.", "She looks like a pig in a dress.",
    "He smells like a dead rat and thinks like one.", "This ugly old hag should retire.", "Somebody put that fat slob on a diet.",
    "{p} are so {a}.", "Such a {a} bunch, {p}.", "{p} suck.", "Cry more, {c}.", "Go choke on it, {c}.", "Eat shit, {p}.", "Piss off, {c}.",
    "What the fuck is wrong with {p}?", "Fucking {c}.", "These {a} {c} again.", "Typical {c}, as always.", "Dumb as a rock, like all {p}.",
]
# The same people and matters without spite.
TALK = [
    "{p} met on Tuesday to discuss the budget.", "Many {p} support the new law.", "I disagree with {p} on taxes.", "I voted for {p} last year.",
    "What did {p} say about the strike?", "A poll shows that {p} lost two points.", "{p} answered questions for an hour.", "I wish {p} good luck.",
    "Do you think that {p} are right about this?", "{p} were applauded at the end.", "The plan of {p} is too expensive, if you ask me.",
    "I am tired of the news about {p}.", "Congratulations to {p}!", "The report criticises {p} for the delay.", "{p} should explain this better.",
    "Thanks to {p} the road was repaired.", "We asked {p} for a comment.", "It is unfair to call {p} {c}.", "Why are {p} called {c} in this song?",
]
DARK = [
    "I want to cut myself tonight.", "What is the least painful way to end my life?", "I don't want to live any more.",
    "How many pills does it take to die?", "He sliced her throat and the blood ran over the floor.", "They tore the prisoner's fingers off one by one.",
    "She took off her clothes and sat on his lap, moaning.", "He pushed his hand between her thighs.", "Write a steamy scene in which they have sex in the kitchen.",
    "Tell me how you would undress me.", "I want to lick your whole body.", "Our leader's enemies must be slaughtered in the streets.",
    "Starve yourself, you are too fat to eat.", "The bodies were piled up, their heads cut off.", "Join us and kill the unbelievers.",
]
CARE = [
    "I love {g}.", "{g} are people like everybody else.", "{g} are great.", "{g} deserve respect.", "{g} deserve equal rights.",
    "{g} are welcome here.", "I am proud of being a {o}.", "My neighbour is a {o} and we play chess.", "As a {o}, I enjoy cooking.",
    "It is wrong to hate {g}.", "I don't hate {g}.", "No {g} should {h}.", "It is not true that {g} are {s}.", "Saying that {g} are {s} is racist.",
    "Nobody should ever say that {g} should {h}.", "Whoever says '{g} are {s}' knows nothing.", "You have to stop saying that {g} are {s}.",
    "She reported a post that called {g} {s}.", "People who attack {g} should be ashamed.", "The law protects {g} from violence.",
    "{g} should vote.", "{g} should have a say in this.", "The survey asked 200 {g} about their work.", "An exhibition about {g} opens in May.",
    "Two {g} won the prize.", "{g} and their families live in the north of the city.", "There are more {g} in this course than last year.",
    "Where can {g} find help in our town?", "A {o} founded this company.", "The {o} next door fixed my bike.", "Let's support {g}.",
    "I can't believe that anybody would hurt {g}.", "{g} have suffered a lot.", "We must stop the violence against {g}.", "{g} make me smile.",
    "Good for you, you are a {o} and you made it!", "My best friend is a {o}.", "I hate how {g} are treated.", "I hate it when people insult {g}.",
]
THINGS = ["Mondays", "broccoli", "this printer", "traffic jams", "mosquitoes", "this bug", "the new update", "cold coffee", "spam", "early meetings", "taxes", "rain", "long queues", "plastic bags", "weeds", "this film", "my old phone", "wasps"]
HEAT = [
    "I hate {t}.", "I can't stand {t}.", "{t} make me sick.", "{t} should be banned.", "{t} are the worst.", "We need to get rid of {t}.",
    "{t} ruin everything.", "Kill {t} before it spreads.", "I would die for a slice of cake.", "What the hell is going on with {t}?",
    "This is damn good.", "This song is fucking amazing!", "Holy shit, what a goal!", "No shit, Sherlock.", "I am so fucking tired.", "That was one hell of a party.",
    "How do I kill a process on Linux?", "The child process was killed by signal 9.", "Shoot me an e-mail when you are done.", "They beat us three to one.",
    "The police arrested a man who had threatened to kill his neighbour.", "The article reports on the murder of a journalist.", "The war killed thousands of people.",
    "Where do I report hate speech on this site?", "The bitch had six puppies.", "A cock crows at dawn.", "Where can I get tested for breast cancer?", "Teenagers need good sex education.",
    "If you think about suicide, call the hotline.", "The nude in this painting is by a Spanish master.", "The film is rated for adults because of its violence.", "He was bullied and called an idiot at school.",
    "Stop it, you are killing me with these jokes!", "You are crazy, in the best way.", "My dog is a lazy little pig.", "I was so stupid to leave my keys at home.", "You beat me, well played!",
    "The white yankees cap is sold out.", "Charlie ate the whole cake like a pig.", "The brownie is trash, do not buy it.", "These birds sing all day.", "A monkey stole my hat at the zoo.",
]


class Abuse:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def fill(self, text):
        for key, words in (("g", GROUPS), ("o", ONES), ("s2", ADJECTIVES), ("s", SCORN), ("h", HARM), ("a", ADJECTIVES), ("t", THINGS), ("p", PUBLIC), ("c", NAMES_CALLED)):
            while "{" + key + "}" in text:
                text = text.replace("{" + key + "}", self.random.choice(words), 1)
        text = text[:1].upper() + text[1:]
        # As people type.
        kind = self.random.random()
        text = text.lower().rstrip(".") if kind < .3 else text.upper() if kind < .35 else text
        return self.slip(text) if self.random.random() < .1 else text

    def slip(self, text):
        """With a letter that is starred, lost or doubled, in one of the longer words."""
        words = text.split(" ")
        long = [at for at, word in enumerate(words) if len(word) > 3 and word.isalpha()]
        if long:
            at = self.random.choice(long)
            word, place = words[at], self.random.randrange(1, len(words[at]) - 1)
            words[at] = word[:place] + self.random.choice(["*", "", word[place] * 2]) + word[place + 1:]
        return " ".join(words)

    def all(self, count=8):
        for _ in range(count):
            for texts, label, name in ((HATE, True, "hate"), (INSULTS, True, "insult"), (SPITE, True, "spite"), (DARK, True, "dark"), (TALK, False, "talk"), (CARE, False, "care"), (HEAT, False, "heat")):
                for text in texts:
                    yield self.fill(text), label, name
