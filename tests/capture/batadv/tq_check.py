#!/usr/bin/env python3
"""Re-implements sections 5-8 of docs/specs/batman-adv.md (one port, OIF=port) and checks every OGM that a kernel node re-broadcast in a capture
against the prediction (tq, ttl, flags, prev_sender).   tq_check.py FILE [mac-pair-that-cannot-hear ...]   e.g. tq_check.py 08-line3.pcap 01-03"""
import sys,struct
import ogm_dump as od
f=sys.argv[1]; deaf=set()
for a in sys.argv[2:]:
    x,y=a.split('-'); deaf|={(x,y),(y,x)}
M=(1<<64)-1; pc=lambda x:bin(x).count('1'); s32=lambda x:((x+2**31)&0xffffffff)-2**31
class Node:
    """per originator: 'nbs' = set of neighbour entries (shared by all OIFs); per OIF (DEF, PORT): last seqno, ttl, router, reset time, and per neighbour window/ring"""
    def __init__(s,mac): s.mac=mac; s.o={}; s.own={}; s.n=None; s.exp={}
    def O(s,a): return s.o.setdefault(a,dict(nbs=[],f={k:dict(last=0,ttl=0,rt=None,reset=-1e9,nb={}) for k in ('DEF','PORT')}))
    def sent_own(s,seq):
        s.n=(seq+2)&0xffffffff
        for k in s.own: s.own[k]=(s.own[k]<<1)&M
    def E(s,o,k,N):
        if N not in o['nbs']: o['nbs'].append(N)
        return o['f'][k]['nb'].setdefault(N,dict(w=0,ring=[0]*5,i=0,avg=0))
    def rx(s,t,N,g):
        if g['orig']==s.mac:
            if g['fl']&4:
                b=s32(s.n-2-g['seq'])
                if N in s.o and 0<=b<64: s.own[N]=s.own.get(N,0)|1<<b
            s.O(N); return
        if g['prev']==s.mac or g['fl']&1: return
        for k in ('DEF','PORT'): s.one(t,N,dict(g),k)
    def one(s,t,N,g,k):
        o=s.O(g['orig']); q=o['f'][k]; d=s32(g['seq']-q['last']); dup=0
        if o['nbs'] and (d<=-64 or d>=65536):
            if t-q['reset']<30: return
            q['reset']=t
        upd=False
        for nb in o['nbs']:
            e=s.E(o,k,nb); b=s32(q['last']-g['seq']); isd=0<=b<64 and e['w']>>b&1; me=nb==N
            if isd: dup=2 if me else max(dup,1)
            if -64<d<=0:
                if me: e['w']|=1<<-d
            elif 0<d<64: e['w']=(e['w']<<d)&M|me; upd=True
            else: e['w']=1 if me else 0; upd=True
        if upd: q['last']=g['seq']
        if g['tq']==0: return
        one=N==g['orig']; R=q['rt']; best=R==N and q['nb'][R]['avg']!=0
        if R and s.O(R)['f'][k]['rt']==R and R==g['prev'] and g['orig']!=g['prev']: return
        on=s.O(N)
        if not one and on['f'][k]['rt'] is None: return
        e=s.E(on,k,N)
        rq=pc(e['w']); eq=pc(s.own.get(N,0)); tot=min(rq,eq)
        tqo=0 if tot<1 or rq<1 else 255*tot//rq
        asym=255-(255*(64-rq)**3)//64**3
        tq=g['tq']*tqo*asym*255//255**3
        if tq>=1 and (dup==0 or (q['last']==g['seq'] and q['ttl']-3<=g['ttl'])):
            def push(x,v): x['ring'][x['i']]=v; x['i']=(x['i']+1)%5; z=[y for y in x['ring'] if y]; x['avg']=sum(z)//len(z) if z else 0
            if dup==0:
                for nb,x in q['nb'].items():
                    if nb!=N: push(x,0)
            x=s.E(o,k,N); push(x,tq)
            if dup==0: q['ttl']=g['ttl']
            if R!=N and not (R and (q['nb'][R]['avg']>x['avg'] or (q['nb'][R]['avg']==x['avg'] and pc(s.own.get(R,0))>=pc(s.own.get(N,0))))): q['rt']=N
        if k=='DEF': return
        if one: fl=4|(0 if best else 1)
        else:
            if tq<1 or dup==2 or not best: return
            fl=0
        if g['ttl']<=1: return
        s.exp[(g['orig'],g['seq'])]=dict(tq=tq*(255-30)//255,ttl=g['ttl']-1,fl=fl,prev=N)
first={}
for t,p in od.rd(f):
    if p[12:14]==b'\x43\x05' and p[14]==0 and p[6:12]==p[22:28]: first.setdefault(p[6:12],(t,struct.unpack('>I',p[18:22])[0]))
nodes={k:Node(k) for k in first}; ok=bad=miss=0     # a node is taken to listen from one interval before its first own OGM
for k in first: nodes[k].n=(first[k][1]+1)&0xffffffff
for t,p in od.rd(f):
    if p[12:14]!=b'\x43\x05' or p[14]!=0: continue
    N=p[6:12]; b=p[14:]
    me=nodes.setdefault(N,Node(N)); L=[]
    while len(b)>=24 and b[0]==0 and b[1]==15:
        tl=struct.unpack('>H',b[22:24])[0]; L.append(dict(ttl=b[2],fl=b[3],seq=struct.unpack('>I',b[4:8])[0],orig=b[8:14],prev=b[14:20],tq=b[21])); b=b[24+tl:]
    for g in L:
        if g['orig']==N: me.sent_own(g['seq']); continue
        e=me.exp.pop((g['orig'],g['seq']),None)
        if not e: miss+=1; continue
        if (e['tq'],e['ttl'],e['fl'],e['prev'])==(g['tq'],g['ttl'],g['fl'],g['prev']): ok+=1
        else:
            bad+=1
            if bad<12: print('%.3f node %s orig %s seq %d: kernel tq %d ttl %d fl %x prev %s, predicted %s'%(t,od.m(N)[-5:],od.m(g['orig'])[-5:],g['seq'],g['tq'],g['ttl'],g['fl'],od.m(g['prev'])[-5:],{k:(od.m(v)[-5:] if k=='prev' else v) for k,v in e.items()}))
    for x in nodes.values():
        if x.mac!=N and t>first[x.mac][0]-1.05 and (od.m(x.mac)[-5:-3],od.m(N)[-5:-3]) not in deaf:
            for g in L: x.rx(t,N,g)
print(f,'re-broadcast OGMs: predicted exactly',ok,', different',bad,', sent by the kernel but not predicted',miss,', predicted but not sent',sum(len(x.exp) for x in nodes.values()))
