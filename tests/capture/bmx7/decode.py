#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Decode and VERIFY BMX7 (compatibility version 21) control traffic in a pcap file.
Written from scratch as a check of docs/specs/bmx7.md (no third-party modules).
usage: decode.py [-q] [-n maxpackets] [-s secrets.txt] file.pcap
 -q  only the summary (frame counts + verification counters)
 -s  file with lines '<nodeIdHexA> <nodeIdHexB> <dhmSecretHex28>' to verify DH-MAC link signatures
Checks done: content hash, node id = hash of public key, description RSA signature, OGM hash chain -> sqn,
packet RSA signature / DH MAC, ids of requests, fmetric decoding."""
import sys,struct,hashlib,zlib,socket,collections
sha=lambda b: hashlib.sha224(b).digest()
hx=lambda b: b.hex()
short=lambda b: b[:4].hex().upper()
RSALEN={4:128,5:192,6:256,7:384,8:512}; DHMLEN={17:256,18:384}
KEYN={1:'RSA512',2:'RSA768',3:'RSA896',4:'RSA1024',5:'RSA1536',6:'RSA2048',7:'RSA3072',8:'RSA4096',16:'DH1024M112',17:'DH2048M112',18:'DH3072M112'}
FN={1:'TRASH_ADV',2:'DESC_ADV',4:'CONTENT_ADV',8:'SIGNATURE_ADV',9:'OGM_AGGREG_SQN_ADV',12:'HELLO_ADV',13:'HELLO_REPLY_DHASH',19:'IID_ADV',21:'OGM_ADV',27:'OGM_REQ',28:'IID_REQ',29:'DESC_REQ',30:'CONTENT_REQ'}
DN={0:'CONTENT_HASH',1:'NODE_PUBKEY',2:'DSC_SIGNATURE',3:'VERSION',5:'RSA_LINK_PUBKEY',6:'DHM_LINK_PUBKEY',9:'SUPPORTS',0xa:'TRUSTS',0xd:'METRIC',0xe:'LLIP',0xf:'HNA6',0x11:'TUN6',0x12:'TUN4IN6_INGRESS',0x13:'TUN6IN6_INGRESS',0x14:'TUN4IN6_SRC',0x15:'TUN6IN6_SRC',0x16:'TUN4IN6_NET',0x17:'TUN6IN6_NET',0x1b:'TOPOLOGY',0x1c:'INFO',0x1d:'SMS'}
DI=bytes.fromhex('302d300d06096086480165030402040500041c')
def rsa_ok(mod,sig,digest):
    n=int.from_bytes(mod,'big'); k=len(mod)
    em=pow(int.from_bytes(sig,'big'),65537,n).to_bytes(k,'big'); t=DI+digest
    return em==b'\0\1'+b'\xff'*(k-3-len(t))+b'\0'+t
def um(exp,man): return (1<<(exp+6))+(man<<exp)          # umetric of 6-bit-mantissa float
def fmu8(b): return um(b>>3,(b&7)<<3)
ip6=lambda b: socket.inet_ntop(socket.AF_INET6,bytes(b)); ip4=lambda b: socket.inet_ntoa(bytes(b))
contents={}; descs={}; dhashes={}; pubkeys={}; secrets={}; cnt=collections.Counter(); quiet=False
def out(*a):
    if not quiet: print(*a)
def tlvs(b):
    p=0
    while p+2<=len(b):
        w=struct.unpack_from('>H',b,p)[0]; t=w>>11; l=w&0x7ff
        if l<2 or p+l>len(b): cnt['ERR bad tlv']+=1; return
        yield t,b[p+2:p+l],p,l; p+=l
    if p!=len(b): cnt['ERR trailing']+=1
class Chain:
    def __init__(s,dh,ver,nid):
        s.anchor=ver['anchor'][:14]; s.seed=ver['anchor'][14:]; s.nid=nid; s.dsq=struct.pack('>I',ver['descSqn']); s.range=ver['range']
        s.const=sha(dh+ver['anchor']+nid+s.dsq)[:14]; s.maxlink=s.anchor; s.max=0; s.known={}
    def find(s,ogm):
        link=bytes(a^b for a,b in zip(ogm,s.const))
        if link in s.known: return s.known[link]
        l=link
        for i in range(s.range+1):
            if l in s.known or l==s.anchor:
                sqn=i+(0 if l==s.anchor else s.known[l]); s.known[link]=sqn; return sqn
            l=sha(l+s.seed+s.nid+s.dsq)[:14]
        return None
def resolve(hdr,l,gz,nest,explen,exphash,msgs):
    """returns expanded body of a CONTENT_HASH tlv or None when contents are still unknown"""
    def get(h):
        c=contents.get(h)
        if c is None: return None
        g,n,body=c
        if n:
            parts=[get(body[i:i+28]) for i in range(0,len(body),28)]
            if any(p is None for p in parts): return None
            body=b''.join(parts)
        return zlib.decompress(body) if g else body
    if not msgs: r=get(exphash)
    elif nest==0: r=msgs
    else:
        parts=[get(msgs[i:i+28]) for i in range(0,len(msgs),28)]
        r=None if any(p is None for p in parts) else b''.join(parts)
    if r is None: return None
    if gz and msgs: r=zlib.decompress(r)
    if len(r)!=explen or sha(b'\0'+r)!=exphash: cnt['ERR expanded content mismatch']+=1; return None
    cnt['ok expanded content hash+len']+=1
    return r
def show_tlv(t,b,ind):
    n=DN.get(t,'?%d'%t)
    if t in(1,5): out(ind,n,KEYN.get(b[0]),'len',len(b)-1,'mod',hx(b[1:9])+'..')
    elif t==6: out(ind,n,KEYN.get(b[0]),'len',len(b)-1,'gx',hx(b[1:9])+'..')
    elif t==2: out(ind,n,KEYN.get(b[0]),'len',len(b)-1)
    elif t==3:
        v=ver(b); out(ind,n,{k:(hx(x) if isinstance(x,bytes) else x) for k,x in v.items()})
    elif t==0xd:
        e,m,r0,alg,fl,xb,tx,ty,t1,eff,hist,hmax,pen,best,late,hn,ho,iv,dm,teff,r3=struct.unpack_from('>BBHHHBBBBBBBBBBHHHBBH',b)
        out(ind,n,'len',len(b),f'fmin exp={e} man={m} ({um(e,m)}) algo={alg:#x} flags={fl} rx={xb>>6}/{(xb>>4)&3} tx={(xb>>2)&3}/{xb&3} lqx={tx} lqy={ty} lq1={t1} rateEff={eff} hist={hist} hopsMax={hmax} hopPen={pen} sqnBest={best} late100ms={late} hystNew={hn} hystOld={ho} ogmIv={iv}s sqnDiffMax={dm>>6} tpEff={teff} pip={[(b[28+2*i],b[29+2*i]>>5,b[29+2*i]&31) for i in range(4)]}')
    elif t==0xe: out(ind,n,[ip6(b[i:i+16]) for i in range(0,len(b),16)])
    elif t==0xf: out(ind,n,[(ip6(b[i+2:i+18])+'/%d'%b[i],'flags',b[i+1]) for i in range(0,len(b),18)])
    elif t==0x11: out(ind,n,[ip6(b[i:i+16]) for i in range(0,len(b),16)])
    elif t==0x12: out(ind,n,[(b[i],ip4(b[i+2:i+6])+'/%d'%b[i+1]) for i in range(0,len(b),6)])
    elif t==0x13: out(ind,n,[(b[i],ip6(b[i+2:i+18])+'/%d'%b[i+1]) for i in range(0,len(b),18)])
    elif t==0x16: out(ind,n,[dict(tun6Id=b[i],proto=b[i+1],bw_raw=b[i+2],bw=fmu8(b[i+2]),net=ip4(b[i+4:i+8])+'/%d'%b[i+3]) for i in range(0,len(b),8)])
    elif t==0x17: out(ind,n,[dict(tun6Id=b[i],proto=b[i+1],bw_raw=b[i+2],bw=fmu8(b[i+2]),net=ip6(b[i+4:i+20])+'/%d'%b[i+3]) for i in range(0,len(b),20)])
    elif t in(9,0xa): out(ind,n,[(short(b[i:i+28]),'level',b[i+28]>>6) for i in range(0,len(b),30)])
    elif t==0x1c: out(ind,n,'type',b[0],'off',b[1],'rev',hx(b[2:6]),'name',b[b[1]:b[1]+b[18]].decode('latin1'),'mail',b[19])
    elif t==0x1b: out(ind,n,'type',b[0],[(short(b[i:i+28]),'descSqn',int.from_bytes(b[i+28:i+32],'big'),'nbIdx',b[i+32],'myIdx',b[i+33],'tx',fmu8(b[i+34]),'rx',fmu8(b[i+35]),'tq',b[i+36],'rq',b[i+37],'sig/noise/ch',b[i+38],b[i+39],b[i+40]) for i in range(2,len(b),44)])
    elif t==0x1d:
        p=0
        while p+20<=len(b):
            l=struct.unpack_from('>I',b,p+16)[0]; out(ind,n,b[p:p+16].rstrip(b'\0'),l,b[p+20:p+20+l][:60]); p+=20+l
    else: out(ind,n,'len',len(b),hx(b[:40]))
def ver(b):
    cv,cap,boot,ds,rng=struct.unpack_from('>BBIIH',b); vs=struct.unpack_from('>I',b,40)[0]
    return dict(cv=cv,cap=cap,bootSqn=boot,descSqn=ds,range=rng,anchor=b[12:40],virtLen=vs>>11,virtContents=vs&0x7ff)
def desc(b,ind='      '):
    dh=sha(b); L=list(tlvs(b))
    if len(L)<3 or L[0][0]!=0 or L[1][0]!=2 or L[2][0]!=3: cnt['ERR desc order']+=1; return
    nid=L[0][1][:28]; w=struct.unpack_from('>I',L[0][1],28)[0]
    v=ver(L[2][1]); new=dh not in dhashes; cnt['desc adv']+=1
    out(ind,f'DESCRIPTION len={len(b)} nodeId={short(nid)} dHash={short(dh)} descSqn={v["descSqn"]} {"(new)" if new else "(seen)"}')
    ind+='  '
    dhashes[dh]=nid
    pk=contents.get(nid)
    if pk:
        pb=pk[2]; good=rsa_ok(pb[1:],L[1][1][1:],sha(b[L[2][2]:])) and pb[0]==L[1][1][0]
        cnt['ok desc signature' if good else 'ERR desc signature']+=1
        out(ind,'signature',KEYN.get(L[1][1][0]),'VERIFIED' if good else 'BAD')
    else: cnt['desc signature: key unknown yet']+=1
    ch=Chain(dh,v,nid); d=descs.setdefault(nid,{})
    if v['descSqn'] not in d: d[v['descSqn']]=dict(frame=b,chain=ch,ver=v,dh=dh)
    if not new: return
    for t,x,p,l in L:
        if t: show_tlv(t,x,ind); continue
        eh=x[:28]; w=struct.unpack_from('>I',x,28)[0]; el=w>>8; et=(w>>3)&31; nest=(w>>1)&3; gz=w&1; msgs=x[32:]
        out(ind,f'CONTENT_HASH -> type {et} {DN.get(et)} explen={el} nest={nest} gz={gz} expHash={short(eh)} msgs={len(msgs)}B',[short(msgs[i:i+28]) for i in range(0,len(msgs),28)] if nest else '')
        r=resolve(x,l,gz,nest,el,eh,msgs)
        if r is not None: show_tlv(et,r,ind+'   =>')
def expand_desc(nid,dsq):
    d=descs.get(nid,{}).get(dsq)
    if not d: return None
    if d.get('tl'): return d['tl']
    res={}
    for t,x,p,l in tlvs(d['frame']):
        if t: res[t]=x; continue
        w=struct.unpack_from('>I',x,28)[0]; r=resolve(x,l,w&1,(w>>1)&3,w>>8,x[:28],x[32:])
        if r is None: return None
        res[(w>>3)&31]=r
    d['tl']=res; return res
iids=collections.defaultdict(dict)   # (transmitter nodeId) -> iid -> (nodeId,descSqn)
def packet(ts,src,dst,b,no):
    cv,rs=b[0],b[1]; nid=b[2:30]; cnt['packets']+=1; cnt['bytes udp payload']+=len(b)
    out(f'#{no} t={ts:.3f} {src} > {dst} len={len(b)} cv={cv} rsvd={rs} nodeId={short(nid)}')
    body=b[30:]
    for t,x,p,l in tlvs(body):
        cnt['frame %2d %s'%(t,FN.get(t,'?'))]+=1; n=FN.get(t,'?%d'%t)
        if t==8:
            ds,bs,di=struct.unpack_from('>IIB',x); sigs=x[9:]; data=body[p+l:]
            ph=sha(socket.inet_pton(socket.AF_INET6,src)+x[:9]+data); o=[]; q=0
            while q<len(sigs):
                k=sigs[q]
                if k in RSALEN:
                    s=sigs[q+1:q+1+RSALEN[k]]; q+=1+RSALEN[k]; e=expand_desc(nid,ds); r='?'
                    if e and 5 in e and e[5][0]==k:
                        g=rsa_ok(e[5][1:],s,ph); cnt['ok packet RSA signature' if g else 'ERR packet RSA signature']+=1; r='VERIFIED' if g else 'BAD'
                    o.append((KEYN[k],r))
                elif k in DHMLEN or k==16:
                    m=sigs[q+1:q+15]; q+=15; r='?'
                    for (a,c),sec in secrets.items():
                        if nid in(a,c) and sha(ph+sec)[:14]==m: r='VERIFIED for '+short(a if c==nid else c)
                    if r!='?': cnt['ok packet DH-MAC']+=1
                    else: cnt['packet DH-MAC (no secret known)']+=1
                    o.append((KEYN[k],hx(m[:4]),r))
                else: o.append(('unknown key type',k)); break
            out('   ',n,f'len={l} descSqn={ds} burstSqn={bs} devIdx={di}',o if o else '(no signature messages)')
        elif t==9: out('   ',n,'max=%d size=%d'%struct.unpack('>HH',x))
        elif t==12: out('   ',n,'hello_sqn=%d'%struct.unpack('>H',x))
        elif t==13:
            for i in range(0,len(x),30):
                dh=x[i:i+28]; out('   ',n,'dest dHash',short(dh),'(=node %s)'%short(dhashes[dh]) if dh in dhashes else '(unknown)','rxLq=%d receiverDevIdx=%d'%(x[i+28],x[i+29]))
                if dh in dhashes: cnt['ok hello_reply dHash matches a description']+=1
        elif t==2: desc(x)
        elif t==4:
            f=x[0]; h=sha(x); gz=f&1; nest=(f>>1)&3; contents[h]=(gz,nest,x[1:]); cnt['content adv bodies']+=1
            out('   ',n,f'hdr={f:#04x} gz={gz} nest={nest} bodylen={len(x)-1} cHash={short(h)}', 'nested hashes '+str([short(x[i:i+28]) for i in range(1,len(x),28)]) if nest else 'body '+hx(x[1:13])+'..')
            if nest==0 and len(x)-2 in RSALEN.values() and RSALEN.get(x[1])==len(x)-2: pubkeys[h]=x[1:]; out('        looks like',KEYN[x[1]],'public key; hash of it =',hx(h))
        elif t in(29,30,28,27):
            d=x[:28]; m=x[28:]; sz=28 if t>=29 else 2
            out('   ',n,'dest',short(d),[short(m[i:i+28]) if sz==28 else struct.unpack_from('>H',m,i)[0] for i in range(0,len(m),sz)])
        elif t==19:
            for i in range(0,len(x),48):
                iid,ds=struct.unpack_from('>HI',x,i); co=x[i+6:i+20]; no_=x[i+20:i+48]; iids[nid][iid]=(no_,ds)
                d=descs.get(no_,{}).get(ds); sq=d['chain'].find(co) if d else None
                if d: cnt['ok IID_ADV chain' if sq is not None else 'ERR IID_ADV chain']+=1
                out('   ',n,f'iid={iid} descSqn={ds} chainOgm={hx(co)} nodeId={short(no_)} -> ogmSqn={sq}')
        elif t==21:
            ag=struct.unpack_from('>H',x)[0]; out('   ',n,'aggSqn',ag,'len',l); q=2
            while q<len(x):
                co=x[q:q+14]; w=struct.unpack_from('>I',x,q+14)[0]; q+=18
                more=w>>31; iid=(w>>17)&0x3fff; hop=(w>>11)&63; e=(w>>6)&31; m=w&63; hist=[]
                while more:
                    hw=struct.unpack_from('>H',x,q)[0]; hist.append(dict(type=(hw>>12)&7,dir=(hw>>11)&1,metric=um((hw>>6)&31,hw&63),ch=x[q+2])); q+=3; more=hw>>15
                who=iids[nid].get(iid); res='?'
                if iid==1 and who is None: who=(nid,max(descs[nid]) if nid in descs and descs[nid] else None)
                if who and who[0] in descs:
                    for dsq in sorted(descs[who[0]],reverse=True):
                        s=descs[who[0]][dsq]['chain'].find(co)
                        if s is not None: res=f'{short(who[0])} descSqn={dsq} ogmSqn={s}'; cnt['ok OGM chain -> sqn']+=1; break
                    else: cnt['OGM chain not found (old/new desc or iid reused)']+=1
                else: cnt['OGM iid unknown to decoder']+=1
                out('        ogm',hx(co),f'iid={iid} hops={hop} exp={e} man={m} metric={um(e,m)}',('hist '+str(hist)) if hist else '','->',res)
        else: out('   ',n,'len',l)
def pcap(fn):
    f=open(fn,'rb'); g=f.read(24); le=g[:4] in(b'\xd4\xc3\xb2\xa1',b'\x4d\x3c\xb2\xa1'); E='<' if le else '>'; lt=struct.unpack(E+'I',g[20:24])[0]; t0=None; no=0
    while True:
        h=f.read(16)
        if len(h)<16: break
        s,us,cl,ol=struct.unpack(E+'IIII',h); d=f.read(cl); no+=1; t=s+us/1e6; t0=t0 or t
        if lt==1:
            if d[12:14]!=b'\x86\xdd': continue
            d=d[14:]
        elif lt==113:
            if d[14:16]!=b'\x86\xdd': continue
            d=d[16:]
        elif lt==276: d=d[20:]
        if d[6]!=17: continue
        sp,dp,ul=struct.unpack_from('>HHH',d,40)
        if dp!=6270: continue
        yield t-t0,ip6(d[8:24]),ip6(d[24:40]),d[48:40+ul],no
def main():
    global quiet
    a=sys.argv[1:]; mx=10**9; fn=None
    while a:
        x=a.pop(0)
        if x=='-q': quiet=True
        elif x=='-n': mx=int(a.pop(0))
        elif x=='-s':
            for l in open(a.pop(0)):
                p=l.split()
                if len(p)==3: secrets[(bytes.fromhex(p[0]),bytes.fromhex(p[1]))]=bytes.fromhex(p[2])
        else: fn=x
    # first pass collects contents/descriptions so that later checks can refer to anything in the capture
    q=quiet; quiet=True
    for ts,s,d,b,no in pcap(fn): packet(ts,s,d,b,no)
    quiet=q; keep=dict(cnt); cnt.clear(); dhashes.clear()
    for i,(ts,s,d,b,no) in enumerate(pcap(fn)):
        if i>=mx: quiet=True
        packet(ts,s,d,b,no)
    quiet=False
    print('--- summary'); [print(f'{v:8d}  {k}') for k,v in sorted(cnt.items())]
main()
