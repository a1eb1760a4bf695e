//! The names of commands, of Unix and of Windows, that say something where a shell would read them as one.

use std::sync::OnceLock;

const NAMES: &str = "\
    7z 7za aa-disable aa-exec adduser ansible ansible-playbook ansible-vault apache2 apache2ctl apk \
    apt apt-get aptitude ar aria2c arj arp ash aspell assoc at attrib auditctl awk aws axel base32 \
    base64 basename bash bc bcdboot bcdedit bind bitsadmin blkid bootcfg bpftrace bsdcat bsdtar bundle \
    bunzip2 busybox byobu bzcat bzgrep bzip2 bzless c89 c99 cacls cancel capsh cat certbot certreq \
    certutil chattr chcp chdir chef-run chgrp chkdsk chkntfs chmod choice chown chpasswd chroot chsh \
    cipher cksum clamscan clip cls cmd cmdkey cmdl32 cmstp comm comp compact composer convert cp \
    cpan cpio cpulimit cron crontab cscli cscript csh csplit csvde csvtool ctr cupsfilter curl dash \
    date dc dd debugfs defrag df dhclient dialog diff dig dir diskpart diskshadow dism dmesg dmidecode \
    dmsetup dnf dnscmd dnsdomainname doas docker domainname dos2unix dosbox doskey dpkg driverquery \
    dsquery du dvips echo ed egrep emacs enscript env eqn esh eval eventcreate ex exec expand expect \
    export expr factor fc fdisk fgrep file find findstr finger fish fmt forfiles format fping free fsck \
    fsutil ftp ftpd ftype fuser gawk gcc gci gcore gdb gem getcap getent getfacl ghc ghci gimp git \
    gnatmake go gpg gpresult gpupdate grep groupadd grub-install gtester gunzip gwmi gzcat gzip halt hd \
    head hexdump hexedit hh highlight history host hostname hping3 htdigest htop htpasswd hwclock icacls \
    iconv id ieexec iex ifconfig iftop iisreset insmod install installutil ionice iotop ip ip6tables \
    ipconfig ipcs iptables irb irm ispell iwconfig iwr java journalctl jrunscript kill killall \
    klist ksh ksshell kubectl label last lastb lastlog latex ldapsearch ldconfig ldd less lftp ll ln \
    loginctl logman logname logoff logsave look losetup lp ls lsb-release lsb_release lsblk lscpu lsmod \
    lsof lspci lsusb ltrace lua luajit lualatex lwp-download lwp-request lynx lz4 lzcat lzma lzop mail \
    mailq make makecab masscan mavinject mawk mkdir mkfifo mkfs mklink mknod mktemp modprobe mofcomp \
    mongo mongosh more mosquitto mount mountvol msbuild msfconsole msg msgattrib msgcat msgfilter mshta \
    msiexec msinfo32 mtr mutt mv mysql mysqladmin mysqldump nano nasm nawk nbtstat nc ncat ncftp \
    neofetch net netsh netstat newgrp nft nginx nice nl nltest nm nmap nmcli node nohup nping npm nroff \
    nsenter nslookup ntbackup ntdsutil octave od odbcconf open openfiles openssl openvpn openvt opkg \
    pacman parted passwd patch pathping pcalua pdflatex perf perl pg_dump pgrep php phpinfo pic \
    pidstat ping ping6 pinky pip pip3 pipx pkexec pkg pkginfo pkill pktmon pmap pnputil poweroff \
    powershell pr presentationhost printenv printf proxychains ps psed psexec psftp psql puppet pushd pv \
    pwd pwsh python python2 python3 qprocess query quser qwinsta rake rasdial rasphone rbash rcp rd \
    readelf realpath reboot recover redcarpet redis-cli reg regasm regedit regini regsvcs regsvr32 relog \
    ren rename renice reset restic rev rfkill rlogin rlwrap rm rmdir rmuser rnano robocopy route rpcping \
    rpm rpmquery rsh rsync ruby run-parts runas rundll32 rview rvim sash sc scanmem sched schtasks scp \
    screen script scrot sdelete sdiff secedit sed service set setarch setcap setfacl setsid setspn setx \
    sfc sftp sg sh sha1sum sha256sum showmount shutdown sleep slsh smbclient snap socat \
    sqlite3 ss ssh ssh-agent ssh-copy-id ssh-keygen ssh-keyscan ssmtp start-stop-daemon stat stdbuf \
    strace strings stty su subst sudo svn sysctl sysinfo syskey systemctl systeminfo tac tail tailf \
    takeown tar taskkill tasklist taskset tasksh tbl tclsh tcpdump tcptraceroute tcsh tee telnet \
    terraform tex tftp tic time timedatectl timeout tmux top touch traceroute tracert tree troff \
    truncate tscon tshark tsort type typeperf tzutil uconv ul umount unalias uname unbuffer uncompress \
    unexpand unlzma unrar unset unshare unxz unzip unzstd update-alternatives uptime useradd \
    userdel usermod uudecode uuencode valgrind vaultcmd ver verifier verify vi view vigr vim vimdiff \
    vipw virsh visudo vmstat vol vssadmin w w32tm waitfor wall watch wbadmin wecutil wevtutil wget \
    wget2 where whereis which who whoami winrm winrs wish wmic write wscript wusa xargs xcopy xdotool \
    xelatex xetex xmodmap xmore xpad xterm xwizard xxd xz xzcat xzgrep yarn yash yelp yum zathura zcat \
    zgrep zip zipgrep zless zrun zsh zsoelim zstd zstdcat zstdgrep zypper";

/// Of these, what is an English word as well, or stands in ordinary text, needs more than a separator.
const WORDS: &str = "\
    ansible apache2 ar at aws axel basename bc bind bundle cancel cat chdir choice chroot cipher clip \
    comm comp compact composer convert csh dash date dc dd dialog diff dir docker echo ed \
    emacs env eqn eval ex exec expand expect export expr factor fc file find finger fish fmt format free \
    gem gimp git go gzip halt hd head hh highlight history host iconv id install ip java kill \
    label last latex less logoff look lp lua mail make mongo more mount msg mysql net nginx nice nl nm \
    node npm octave od open openssl patch perf perl php pic pip pkg pr printf puppet pv python \
    query rake rd reboot recover redcarpet reg ren rename reset restic rev route ruby sash sc sched \
    screen script service set sg shutdown sleep snap ss stat strings su svn tail tbl tee \
    terraform tex tic time timeout tmux top touch tree troff truncate type ul unset unzip verify vi view \
    vol w waitfor wall watch where which who wish write yarn yelp zip";

/// Nothing where this is no command; otherwise whether it is a word as well.
pub(super) fn is_word(name: &str) -> Option<bool> {
    static BY_LETTER: OnceLock<[Vec<(&str, bool)>; 256]> = OnceLock::new();
    let sorted = || {
        let words: Vec<&str> = WORDS.split_ascii_whitespace().collect();
        let mut by_letter = std::array::from_fn(|_| Vec::new());
        for command in NAMES.split_ascii_whitespace() {
            by_letter[usize::from(command.as_bytes()[0])].push((command, words.contains(&command)));
        }
        by_letter
    };
    let alike = &BY_LETTER.get_or_init(sorted)[usize::from(name.bytes().next()?)];
    alike.iter().find(|(command, _)| *command == name).map(|(_, is_word)| *is_word)
}
